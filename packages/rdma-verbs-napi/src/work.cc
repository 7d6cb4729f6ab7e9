#include "work.h"

namespace rdma {

namespace {

constexpr size_t kHeaderWords = 5;
constexpr size_t kRangeWords = 3;

}  // namespace

uint64_t Work::size() const {
  uint64_t sum = 0;
  for (const auto& range : ranges) sum += range.length;
  return sum;
}

int SendQueue::Parse(const Domain& domain, const uint32_t* words, size_t count, uint32_t max_ranges) {
  const uint32_t first = tail_;
  const uint32_t* const end = words + count;
  while (words < end) {
    if (size() == capacity()) {
      CutFrom(first);
      return kQueueFull;
    }
    if (!ParseOne(domain, &words, end, max_ranges)) {
      CutFrom(first);
      return kInvalid;
    }
  }
  return 0;
}

bool SendQueue::ParseOne(const Domain& domain, const uint32_t** words, const uint32_t* end, uint32_t max_ranges) {
  const uint32_t* at = *words;
  if (static_cast<size_t>(end - at) < kHeaderWords) return false;
  const uint32_t op = at[0] & 0xff;
  const uint32_t ranges = at[0] >> 16;
  if (op > static_cast<uint32_t>(Op::kInvalidate) || ranges > max_ranges) return false;
  if (static_cast<size_t>(end - at) < kHeaderWords + ranges * kRangeWords) return false;
  // In the ring at once, so that a failure finds it there to take back.
  Work& work = at_tail();
  tail_ += 1;
  work.op = static_cast<Op>(op);
  work.flags = static_cast<uint8_t>(at[0] >> 8);
  work.id = at[1];
  work.key = at[2];
  work.address = at[3] | static_cast<uint64_t>(at[4]) << 32;
  work.is_done = false;
  work.status = Status::kSuccess;
  if (work.op == Op::kBind) {
    work.window = domain.FindWindow(at[3]);
    work.window_access = at[4];
    if (work.window == nullptr || ranges != 1) return false;
  }
  at += kHeaderWords;
  for (uint32_t index = 0; index < ranges; index += 1, at += kRangeWords) {
    auto region = domain.FindRegion(at[0]);
    if (region == nullptr || static_cast<uint64_t>(at[1]) + at[2] > region->size()) return false;
    work.ranges.push_back({std::move(region), at[1], at[2]});
  }
  silent_run_ = (work.flags & kUnsignaled) != 0 ? silent_run_ + 1 : 0;
  work.is_silent = silent_run_ > capacity() / 2;
  if (work.is_silent) silent_run_ = 0;
  *words = at;
  return true;
}

void SendQueue::PopFront() {
  Work& work = at(head_);
  work.ranges.clear();
  work.window.reset();
  head_ += 1;
}

void SendQueue::CutFrom(uint32_t sequence) {
  while (tail_ != sequence) {
    tail_ -= 1;
    Work& work = at(tail_);
    work.ranges.clear();
    work.window.reset();
  }
}

}  // namespace rdma
