#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rdma {

enum class FrameType : uint8_t { kHello = 1, kAccept, kReject, kSend, kRead, kWrite, kAnswer };

// What goes through the Unix socket: this, and `length` bytes.
struct Frame {
  uint32_t length = 0;
  FrameType type = FrameType::kHello;
  // WorkFlag, of a send.
  uint8_t flags = 0;
  uint16_t status = 0;
  uint32_t key = 0;
  uint32_t unused = 0;
  uint64_t address = 0;
  uint64_t bytes = 0;
};
static_assert(sizeof(Frame) == 32);

// The beginning of kHello and kAccept; private data follow.
struct Greeting {
  static constexpr uint64_t kMagic = 0x31'74'73'65'54'41'4d'44;
  uint64_t magic = kMagic;
  // Memory of the sender and what is in it: proves that the other may reach it.
  uint64_t probe_address = 0;
  uint64_t probe_value = 0;
  uint32_t initiator_depth = 0;
  uint32_t responder_resources = 0;
  uint32_t rnr_retry_count = 0;
  uint32_t port = 0;
};
static_assert(sizeof(Greeting) == 40);

// A range of the sender's memory, in kRead and kWrite.
struct RemoteRange {
  uint64_t address = 0;
  uint64_t length = 0;
};

constexpr size_t kMaxFrame = 16u << 20;
constexpr size_t kMaxRanges = 16;

// A Unix socket that carries frames; nothing blocks.
class FrameSocket {
 public:
  FrameSocket() = default;
  ~FrameSocket() { Close(); }
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;

  int fd() const { return fd_; }
  void Adopt(int fd) { fd_ = fd; }
  // 0 or an errno.
  int Connect(const std::string& name);
  void Close();
  // The process at the other end; 0 where it may not be ours to touch.
  pid_t Peer() const;

  // Sends, or keeps what does not fit. False: the peer is gone.
  bool Send(Frame frame, std::span<const iovec> parts);
  bool Flush();
  bool has_output() const { return sent_ < output_.size(); }

  // Reads what is there. False: the peer is gone, and what came before is complete.
  bool Receive();
  // The next whole frame, until Take; null where there is none.
  const Frame* Next(bool* is_malformed);
  const uint8_t* payload() const { return input_.data() + taken_ + sizeof(Frame); }
  void Take();

 private:
  int fd_ = -1;
  std::vector<uint8_t> output_;
  size_t sent_ = 0;
  std::vector<uint8_t> input_;
  size_t taken_ = 0;
  size_t filled_ = 0;
  Frame frame_;
};

// Listens at an abstract name; -errno.
int ListenAt(const std::string& name, int backlog);

// Copies between our memory and another process's, wholly or not at all. 0 or an errno.
int CopyFromProcess(pid_t process, uint8_t* into, std::span<const RemoteRange> from);
int CopyToProcess(pid_t process, const uint8_t* from, std::span<const RemoteRange> into);

// Lets other processes of this user reach our memory where Yama asks for it.
void AllowAccess();

}  // namespace rdma
