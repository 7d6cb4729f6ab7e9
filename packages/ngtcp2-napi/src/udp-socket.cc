#include "udp-socket.h"

#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace quic {

namespace {

constexpr size_t kMaxSegments = 64;
constexpr size_t kMaxSendSize = 65507 - 20;  // of one datagram, also over IPv6
constexpr unsigned kMaxRounds = 8;
constexpr size_t kControlSize = 256;

void SetInt(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

template <typename T>
void AddControl(msghdr& message, int level, int type, const T& value) {
  auto* header = reinterpret_cast<cmsghdr*>(static_cast<uint8_t*>(message.msg_control) + message.msg_controllen);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof(T));
  std::memcpy(CMSG_DATA(header), &value, sizeof(T));
  message.msg_controllen += CMSG_SPACE(sizeof(T));
}

// Sends from the address that the peer wrote to.
void AddSource(msghdr& message, const Address& local) {
  if (local.size() == 0) return;
  if (local.family() == AF_INET6) {
    in6_pktinfo info{};
    info.ipi6_addr = reinterpret_cast<const sockaddr_in6*>(local.data())->sin6_addr;
    if (!IN6_IS_ADDR_UNSPECIFIED(&info.ipi6_addr)) AddControl(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
    return;
  }
  in_pktinfo info{};
  info.ipi_spec_dst = reinterpret_cast<const sockaddr_in*>(local.data())->sin_addr;
  if (info.ipi_spec_dst.s_addr != INADDR_ANY) AddControl(message, IPPROTO_IP, IP_PKTINFO, info);
}

struct Ancillary {
  uint8_t ecn = 0;
  size_t segment = 0;
};

Ancillary ReadControl(msghdr& message, Address& local) {
  Ancillary result;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    const auto* data = CMSG_DATA(header);
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TOS) {
      result.ecn = *data & 3;
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_TCLASS) {
      int value;
      std::memcpy(&value, data, sizeof(value));
      result.ecn = value & 3;
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, data, sizeof(info));
      if (local.family() == AF_INET) reinterpret_cast<sockaddr_in*>(local.data())->sin_addr = info.ipi_addr;
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, data, sizeof(info));
      reinterpret_cast<sockaddr_in6*>(local.data())->sin6_addr = info.ipi6_addr;
    } else if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
      int value;
      std::memcpy(&value, data, sizeof(value));
      result.segment = static_cast<size_t>(value);
    }
  }
  return result;
}

bool IsQueueFull(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS; }

}  // namespace

UdpSocket::UdpSocket(uv_loop_t* loop, std::shared_ptr<DatagramBuffers> buffers, Listener* listener)
    : poll_(loop, [this](int status, int events) { OnPoll(status, events); }), buffers_(std::move(buffers)),
      listener_(listener) {}

UdpSocket::~UdpSocket() { *alive_ = false; }

int UdpSocket::Open(const UdpOptions& options) {
  const int fd = socket(options.bind.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return errno;
  const int error = poll_.Open(fd);
  if (error != 0) return error;
  SetOptions(options);
  if (bind(fd, options.bind.data(), options.bind.size()) != 0) return errno;
  if (options.connect.size() != 0) {
    if (connect(fd, options.connect.data(), options.connect.size()) != 0) return errno;
    connected_ = true;
  }
  local_.set_size(sizeof(sockaddr_storage));
  socklen_t size = sizeof(sockaddr_storage);
  if (getsockname(fd, local_.data(), &size) != 0) return errno;
  local_.set_size(size);
  UpdateEvents();
  return 0;
}

void UdpSocket::SetOptions(const UdpOptions& options) {
  const int fd = poll_.fd();
  if (options.reuse_port) SetInt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  SetInt(fd, SOL_SOCKET, SO_RCVBUF, options.buffer_size);
  SetInt(fd, SOL_SOCKET, SO_SNDBUF, options.buffer_size);
  if (options.bind.family() == AF_INET6) {
    SetInt(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only ? 1 : 0);
    SetInt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    SetInt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    if (options.connect.size() == 0) SetInt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  } else if (options.connect.size() == 0) {
    SetInt(fd, IPPROTO_IP, IP_PKTINFO, 1);
  }
  // Also on IPv6 sockets, for the IPv4-mapped traffic of a dual-stack one.
  SetInt(fd, IPPROTO_IP, IP_RECVTOS, 1);
  SetInt(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  const int on = 1;
  const int off = 0;
  gro_ = options.gro && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) == 0;
  gso_ = options.gso && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &off, sizeof(off)) == 0;
}

void UdpSocket::Close(std::function<void()> done) {
  listener_ = nullptr;
  pending_.clear();
  poll_.Close(std::move(done));
}

uint32_t UdpSocket::PathMtu() const {
  if (!connected_) return 0;
  int mtu = 0;
  socklen_t size = sizeof(mtu);
  const bool is_ipv6 = local_.family() == AF_INET6;
  if (getsockopt(poll_.fd(), is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6 ? IPV6_MTU : IP_MTU, &mtu, &size) != 0) return 0;
  return mtu > 0 ? static_cast<uint32_t>(mtu) : 0;
}

void UdpSocket::UpdateEvents() { poll_.Watch(UV_READABLE | (pending_.empty() ? 0 : UV_WRITABLE)); }

void UdpSocket::OnPoll(int status, int events) {
  const auto alive = alive_;
  if ((events & UV_WRITABLE) != 0 && status == 0) {
    FlushPending();
    if (!*alive || listener_ == nullptr) return;
  }
  if ((events & UV_READABLE) != 0 || status != 0) Receive();
  // libuv stops polling where an error of the socket is pending; reading has taken it away.
  if (status != 0 && *alive) UpdateEvents();
}

void UdpSocket::Receive() {
  const auto alive = alive_;
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    unsigned messages = 0;
    if (!ReceiveBatch(&messages)) return;
    if (!*alive || listener_ == nullptr) return;
    const bool goes_on = listener_->OnBatchEnd();
    if (!*alive || listener_ == nullptr || !goes_on) return;
    if (messages < DatagramBuffers::kMessages) return;
  }
}

bool UdpSocket::ReceiveBatch(unsigned* messages) {
  constexpr size_t kCount = DatagramBuffers::kMessages;
  std::array<mmsghdr, kCount> headers{};
  std::array<iovec, kCount> vectors;
  std::array<Address, kCount> peers;
  alignas(cmsghdr) std::array<std::array<uint8_t, kControlSize>, kCount> controls;
  for (size_t index = 0; index < kCount; ++index) {
    vectors[index] = {buffers_->receive.data() + index * DatagramBuffers::kMessageSize, DatagramBuffers::kMessageSize};
    auto& message = headers[index].msg_hdr;
    message.msg_name = peers[index].data();
    message.msg_namelen = sizeof(sockaddr_storage);
    message.msg_iov = &vectors[index];
    message.msg_iovlen = 1;
    message.msg_control = controls[index].data();
    message.msg_controllen = kControlSize;
  }
  const int count = recvmmsg(poll_.fd(), headers.data(), kCount, 0, nullptr);
  if (count < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) listener_->OnSocketError(errno);
    return false;
  }
  statistics_.receive_calls += 1;
  buffers_->epoch += 1;
  // The listener may use the same buffers for another socket's datagrams only after this loop.
  const auto alive = alive_;
  for (int index = 0; index < count; ++index) {
    auto& message = headers[index].msg_hdr;
    if ((message.msg_flags & MSG_TRUNC) != 0) continue;
    peers[index].set_size(message.msg_namelen);
    Address local = local_;
    const Ancillary ancillary = ReadControl(message, local);
    const size_t size = headers[index].msg_len;
    const auto* bytes = static_cast<const uint8_t*>(vectors[index].iov_base);
    const size_t segment = ancillary.segment == 0 ? size : ancillary.segment;
    for (size_t at = 0; at < size; at += segment) {
      const size_t length = std::min(segment, size - at);
      statistics_.received_datagrams += 1;
      statistics_.bytes_received += length;
      listener_->OnDatagram({{bytes + at, length}, local, peers[index], ancillary.ecn});
      if (!*alive || listener_ == nullptr) return false;
    }
  }
  *messages = static_cast<unsigned>(count);
  return true;
}

bool UdpSocket::Send(const DatagramBatch& batch) {
  if (poll_.fd() < 0) return true;
  size_t sent = 0;
  const uint8_t* bytes = batch.bytes;
  if (pending_.empty()) {
    sent = SendItems(batch, 0, bytes);
    if (sent == batch.items.size()) return true;
  }
  for (size_t index = 0; index < sent; ++index) bytes += batch.items[index].size;
  Pending rest;
  size_t total = 0;
  for (size_t index = sent; index < batch.items.size(); ++index) {
    rest.batch.items.push_back(batch.items[index]);
    total += batch.items[index].size;
  }
  rest.bytes.assign(bytes, bytes + total);
  rest.batch.local = batch.local;
  rest.batch.remote = batch.remote;
  pending_.push_back(std::move(rest));
  UpdateEvents();
  return false;
}

void UdpSocket::FlushPending() {
  while (!pending_.empty()) {
    auto& first = pending_.front();
    const size_t sent = SendItems(first.batch, 0, first.bytes.data());
    size_t bytes = 0;
    for (size_t index = 0; index < sent; ++index) bytes += first.batch.items[index].size;
    if (sent < first.batch.items.size()) {
      first.bytes.erase(first.bytes.begin(), first.bytes.begin() + static_cast<ptrdiff_t>(bytes));
      first.batch.items.erase(first.batch.items.begin(), first.batch.items.begin() + static_cast<ptrdiff_t>(sent));
      return;
    }
    pending_.erase(pending_.begin());
  }
  UpdateEvents();
  if (listener_ != nullptr) listener_->OnWritable();
}

// The datagrams that one GSO send can take: of one size, the last may be smaller.
size_t UdpSocket::RunLength(const DatagramBatch& batch, size_t first) const {
  if (!gso_) return 1;
  const auto& head = batch.items[first];
  size_t count = 1;
  size_t total = head.size;
  while (first + count < batch.items.size() && count < kMaxSegments) {
    const auto& next = batch.items[first + count];
    if (next.size > head.size || next.ecn != head.ecn || total + next.size > kMaxSendSize) break;
    total += next.size;
    count += 1;
    if (next.size < head.size) break;
  }
  return count;
}

size_t UdpSocket::SendItems(const DatagramBatch& batch, size_t first, const uint8_t* bytes) {
  constexpr size_t kRuns = 32;
  size_t done = first;
  while (done < batch.items.size()) {
    std::array<mmsghdr, kRuns> headers{};
    std::array<iovec, kRuns> vectors;
    alignas(cmsghdr) std::array<std::array<uint8_t, kControlSize>, kRuns> controls{};
    std::array<size_t, kRuns> lengths;
    unsigned runs = 0;
    size_t at = 0;
    for (size_t item = done; item < batch.items.size() && runs < kRuns; ++runs) {
      const size_t count = RunLength(batch, item);
      size_t total = 0;
      for (size_t index = 0; index < count; ++index) total += batch.items[item + index].size;
      vectors[runs] = {const_cast<uint8_t*>(bytes + at), total};
      auto& message = headers[runs].msg_hdr;
      if (!connected_) {
        message.msg_name = const_cast<sockaddr*>(batch.remote.data());
        message.msg_namelen = batch.remote.size();
      }
      message.msg_iov = &vectors[runs];
      message.msg_iovlen = 1;
      message.msg_control = controls[runs].data();
      if (!connected_) AddSource(message, batch.local);
      const int ecn = batch.items[item].ecn;
      if (ecn != 0) {
        const bool is_ipv6 = local_.family() == AF_INET6;
        AddControl(message, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6 ? IPV6_TCLASS : IP_TOS, ecn);
      }
      if (count > 1) AddControl(message, IPPROTO_UDP, UDP_SEGMENT, static_cast<uint16_t>(batch.items[item].size));
      if (message.msg_controllen == 0) message.msg_control = nullptr;
      lengths[runs] = count;
      item += count;
      at += total;
    }
    const int sent = runs == 1 ? (sendmsg(poll_.fd(), &headers[0].msg_hdr, 0) < 0 ? -1 : 1)
                               : sendmmsg(poll_.fd(), headers.data(), runs, 0);
    statistics_.send_calls += 1;
    size_t passed = sent > 0 ? static_cast<size_t>(sent) : 0;
    if (sent < 0) {
      const int error = errno;
      if (IsQueueFull(error)) return done;
      if (error == EINTR) continue;
      if (lengths[0] > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE)) {
        // The device or the path refuses segmentation: one by one from now on.
        if (error != EMSGSIZE) {
          gso_ = false;
          continue;
        }
      }
      // EMSGSIZE is the answer to a probe of the path's MTU; a refusal by the peer's host is
      // reported to the next receive call too. Either way this datagram counts as lost.
      passed = 1;
      if (error != EMSGSIZE && listener_ != nullptr) listener_->OnSocketError(error);
      if (poll_.fd() < 0) return batch.items.size();
    }
    for (size_t run = 0; run < passed; ++run) {
      for (size_t index = 0; index < lengths[run]; ++index) {
        bytes += batch.items[done].size;
        statistics_.sent_datagrams += 1;
        statistics_.bytes_sent += batch.items[done].size;
        done += 1;
      }
    }
  }
  return done;
}

}  // namespace quic
