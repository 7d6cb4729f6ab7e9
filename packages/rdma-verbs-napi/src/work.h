#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "memory.h"

namespace rdma {

enum class Op : uint8_t { kSend, kWrite, kRead, kBind, kInvalidate, kReceive };

enum WorkFlag : uint8_t { kUnsignaled = 1, kFence = 2, kSolicited = 4, kInvalidates = 0x80 };

// As ibv_wc_status.
enum class Status : uint8_t {
  kSuccess = 0,
  kLocalLength = 1,
  kLocalOperation = 2,
  kLocalProtection = 4,
  kFlushed = 5,
  kBind = 6,
  kLocalAccess = 8,
  kRemoteInvalidRequest = 9,
  kRemoteAccess = 10,
  kRemoteOperation = 11,
  kRetriesExceeded = 12,
  kRnrRetriesExceeded = 13,
};

// One completion as JavaScript gets it: COMPLETION_WORDS numbers.
struct Completion {
  uint32_t id = 0;
  uint32_t op = 0;
  uint32_t status = 0;
  uint32_t bytes = 0;
  uint32_t flags = 0;
  uint32_t invalidated_key = 0;
  uint32_t vendor_error = 0;
  uint32_t unused = 0;
};
constexpr uint32_t kFlagInvalidated = 1;

struct Range {
  std::shared_ptr<Region> region;
  uint32_t offset = 0;
  uint32_t length = 0;
  uint8_t* data() const { return region->data() + offset; }
};

// A work request of the send queue.
struct Work {
  Op op = Op::kSend;
  uint8_t flags = 0;
  uint32_t id = 0;
  uint32_t key = 0;
  uint64_t address = 0;
  std::vector<Range> ranges;
  std::shared_ptr<Window> window;
  unsigned window_access = 0;
  // Of the test provider: what is known of its end.
  bool is_done = false;
  Status status = Status::kSuccess;
  // With a completion that is ours alone, so that a queue of unsignaled work is emptied.
  bool is_silent = false;

  uint64_t size() const;
};

// The send queue: requests from when they were posted until their completion, in order. What a request
// uses is held for that time.
class SendQueue {
 public:
  explicit SendQueue(uint32_t capacity = 0) : ring_(capacity) {}

  uint32_t size() const { return tail_ - head_; }
  uint32_t capacity() const { return static_cast<uint32_t>(ring_.size()); }
  uint32_t head() const { return head_; }
  uint32_t tail() const { return tail_; }
  Work& at(uint32_t sequence) { return ring_[sequence % ring_.size()]; }
  // Takes requests in; all of them or none. 0, or kQueueFull, kInvalid.
  int Parse(const Domain& domain, const uint32_t* words, size_t count, uint32_t max_ranges);
  // Lets go of the oldest request.
  void PopFront();
  // Takes back what was not posted: everything from `sequence` on.
  void CutFrom(uint32_t sequence);

  static constexpr int kClosed = -1;
  static constexpr int kQueueFull = -2;
  static constexpr int kInvalid = -3;

 private:
  Work& at_tail() { return at(tail_); }
  bool ParseOne(const Domain& domain, const uint32_t** words, const uint32_t* end, uint32_t max_ranges);

  std::vector<Work> ring_;
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
  uint32_t silent_run_ = 0;
};

}  // namespace rdma
