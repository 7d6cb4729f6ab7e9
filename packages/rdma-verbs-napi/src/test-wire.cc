#include "test-wire.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace rdma {

namespace {

constexpr size_t kReadSize = 256u << 10;

socklen_t MakeAddress(const std::string& name, sockaddr_un* address) {
  *address = {};
  address->sun_family = AF_UNIX;
  // An abstract name: a zero byte before it, and zeros behind it that belong to it.
  const size_t size = std::min(name.size(), sizeof(address->sun_path) - 1);
  std::memcpy(address->sun_path + 1, name.data(), size);
  return sizeof(*address);
}

int MakeSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

using Transfer = ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long, unsigned long);

int Copy(Transfer transfer, pid_t process, uint8_t* local, std::span<const RemoteRange> remote) {
  for (const auto& range : remote) {
    for (uint64_t done = 0; done < range.length;) {
      const iovec here{local, range.length - done};
      const iovec there{reinterpret_cast<void*>(range.address + done), range.length - done};
      const ssize_t moved = transfer(process, &here, 1, &there, 1, 0);
      if (moved <= 0) return moved == 0 ? EFAULT : errno;
      local += moved;
      done += static_cast<uint64_t>(moved);
    }
  }
  return 0;
}

}  // namespace

int FrameSocket::Connect(const std::string& name) {
  sockaddr_un address;
  const socklen_t size = MakeAddress(name, &address);
  fd_ = MakeSocket();
  if (fd_ < 0) return errno;
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0) return 0;
  const int error = errno;
  Close();
  return error;
}

void FrameSocket::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  output_ = {};
  input_ = {};
  taken_ = filled_ = sent_ = 0;
}

pid_t FrameSocket::Peer() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
  return peer.uid == geteuid() ? peer.pid : 0;
}

bool FrameSocket::Send(Frame frame, std::span<const iovec> parts) {
  std::vector<iovec> all{{&frame, sizeof(frame)}};
  size_t total = 0;
  for (const auto& part : parts) total += part.iov_len;
  frame.length = static_cast<uint32_t>(total);
  all.insert(all.end(), parts.begin(), parts.end());
  size_t skip = 0;
  if (!has_output()) {
    msghdr message{};
    message.msg_iov = all.data();
    message.msg_iovlen = all.size();
    const ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    skip = static_cast<size_t>(std::max<ssize_t>(sent, 0));
    if (skip == sizeof(frame) + total) return true;
    output_.clear();
    sent_ = 0;
  }
  for (const auto& part : all) {
    const auto* bytes = static_cast<const uint8_t*>(part.iov_base);
    const size_t gone = std::min(skip, part.iov_len);
    output_.insert(output_.end(), bytes + gone, bytes + part.iov_len);
    skip -= gone;
  }
  return true;
}

bool FrameSocket::Flush() {
  while (has_output()) {
    const ssize_t sent = send(fd_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    sent_ += static_cast<size_t>(sent);
  }
  output_.clear();
  sent_ = 0;
  return true;
}

bool FrameSocket::Receive() {
  if (taken_ > 0) {
    std::memmove(input_.data(), input_.data() + taken_, filled_ - taken_);
    filled_ -= std::exchange(taken_, 0);
  }
  if (input_.size() < filled_ + kReadSize) input_.resize(filled_ + kReadSize);
  const ssize_t received = recv(fd_, input_.data() + filled_, input_.size() - filled_, 0);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  filled_ += static_cast<size_t>(received);
  return received > 0;
}

const Frame* FrameSocket::Next(bool* is_malformed) {
  *is_malformed = false;
  if (filled_ - taken_ < sizeof(Frame)) return nullptr;
  std::memcpy(&frame_, input_.data() + taken_, sizeof(Frame));
  const bool is_known = frame_.type >= FrameType::kHello && frame_.type <= FrameType::kAnswer;
  *is_malformed = !is_known || frame_.length > kMaxFrame;
  if (*is_malformed || filled_ - taken_ - sizeof(Frame) < frame_.length) return nullptr;
  return &frame_;
}

void FrameSocket::Take() { taken_ += sizeof(Frame) + frame_.length; }

int ListenAt(const std::string& name, int backlog) {
  sockaddr_un address;
  const socklen_t size = MakeAddress(name, &address);
  const int fd = MakeSocket();
  if (fd < 0) return -errno;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(fd, backlog) == 0) return fd;
  const int error = errno;
  close(fd);
  return -error;
}

int CopyFromProcess(pid_t process, uint8_t* into, std::span<const RemoteRange> from) {
  return Copy(process_vm_readv, process, into, from);
}

int CopyToProcess(pid_t process, const uint8_t* from, std::span<const RemoteRange> into) {
  return Copy(process_vm_writev, process, const_cast<uint8_t*>(from), into);
}

void AllowAccess() { prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); }

}  // namespace rdma
