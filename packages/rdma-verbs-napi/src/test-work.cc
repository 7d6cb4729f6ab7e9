// The work of a connection of the test provider: as the requester, and as the device of the responder.

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "test-connection.h"

namespace rdma {

namespace {

constexpr int kQueuePairAccessError = 3;

}  // namespace

void TestConnection::Complete(Op op, uint32_t id, Status status, uint64_t bytes) {
  Completion completion;
  completion.id = id;
  completion.op = static_cast<uint32_t>(op);
  completion.status = static_cast<uint32_t>(status);
  const bool counts = op == Op::kReceive || op == Op::kRead;
  completion.bytes = counts && status == Status::kSuccess ? static_cast<uint32_t>(bytes) : 0;
  pending_.emplace_back(completion, bytes);
}

uint32_t TestConnection::PollCompletions(Completion* records, uint32_t capacity) {
  uint32_t count = 0;
  while (count < capacity && !pending_.empty()) {
    const auto [completion, bytes] = pending_.front();
    pending_.pop_front();
    records[count] = completion;
    count += 1;
    Count(completion, bytes);
  }
  return count;
}

int TestConnection::PostReceives(const uint32_t* slots, size_t count) {
  // The library has checked the numbers of the slots; more of them than there are is a mistake.
  if (receives_.size() + count > options_.receive_count) return ENOMEM;
  receives_.insert(receives_.end(), slots, slots + count);
  if (is_stalled_) {
    loop_.Defer([self = shared_from_this(), this] {
      if (state_ == State::kGone) return;
      ProcessInput();
      if (is_lost_ && state_ != State::kGone) Lost();
      UpdateEvents();
      Deliver();
    });
  }
  return 0;
}

int TestConnection::PostSends(uint32_t first) {
  for (uint32_t sequence = first; sequence != sends_.tail() && !is_error_; sequence += 1) {
    Work& work = sends_.at(sequence);
    const bool is_local = work.op == Op::kBind || work.op == Op::kInvalidate;
    if (is_local) {
      work.is_done = true;
      work.status = PostLocal(work);
    } else if (work.op == Op::kRead && std::ranges::any_of(work.ranges, [](const Range& range) {
                 return (range.region->access() & kLocalWrite) == 0;
               })) {
      work.is_done = true;
      work.status = Status::kLocalProtection;
    } else if (!Transmit(work)) {
      is_lost_ = true;
      break;
    }
    if (work.status != Status::kSuccess) break;
  }
  UpdateEvents();
  Retire();
  if (is_lost_) loop_.Defer([self = shared_from_this(), this] {
    if (state_ != State::kGone) Lost();
  });
  return 0;
}

Status TestConnection::PostLocal(const Work& work) {
  if (work.op == Op::kInvalidate) {
    return domain_->Invalidate(work.key, this) ? Status::kSuccess : Status::kLocalOperation;
  }
  const Range& range = work.ranges.front();
  const Grant grant{range.data(), range.length, work.window_access, this};
  return domain_->Bind(work.window.get(), work.key, range.region, grant) ? Status::kSuccess : Status::kBind;
}

bool TestConnection::Transmit(const Work& work) {
  Frame frame;
  frame.flags = work.flags;
  frame.key = work.key;
  frame.address = work.address;
  frame.bytes = work.size();
  if (work.op == Op::kSend) {
    frame.type = FrameType::kSend;
    std::vector<iovec> parts;
    for (const auto& range : work.ranges) parts.push_back({range.data(), range.length});
    return socket_.Send(frame, parts);
  }
  frame.type = work.op == Op::kRead ? FrameType::kRead : FrameType::kWrite;
  std::vector<RemoteRange> ranges;
  for (const auto& range : work.ranges) ranges.push_back({reinterpret_cast<uint64_t>(range.data()), range.length});
  const iovec part{ranges.data(), ranges.size() * sizeof(RemoteRange)};
  return socket_.Send(frame, {&part, 1});
}

void TestConnection::OnAnswer(const Frame& frame) {
  if (is_error_) return;
  for (uint32_t sequence = sends_.head(); sequence != sends_.tail(); sequence += 1) {
    Work& work = sends_.at(sequence);
    if (work.is_done) continue;
    work.is_done = true;
    work.status = static_cast<Status>(frame.status);
    return Retire();
  }
  // An answer to nothing.
  Malformed();
}

void TestConnection::Retire() {
  while (sends_.size() > 0) {
    Work& work = sends_.at(sends_.head());
    if (!work.is_done) break;
    const bool has_failed = work.status != Status::kSuccess;
    if (has_failed || (work.flags & kUnsignaled) == 0) Complete(work.op, work.id, work.status, work.size());
    sends_.PopFront();
    if (has_failed) EnterError();
  }
  if (!pending_.empty()) DeferDeliver();
}

void TestConnection::Answer(Status status) {
  Frame frame;
  frame.type = FrameType::kAnswer;
  frame.status = static_cast<uint16_t>(status);
  if (!socket_.Send(frame, {})) is_lost_ = true;
}

void TestConnection::Refuse(Op op, Status status) {
  has_refused_ = true;
  Answer(status);
  if (observer() != nullptr && state_ == State::kEstablished) observer()->OnAsynchronous(kQueuePairAccessError, 0);
  EnterError();
  Fail(Failure::kCompletion, static_cast<int>(op) << 8 | static_cast<int>(status));
}

bool TestConnection::OnSend(const Frame& frame) {
  if (receives_.empty()) {
    if (peer_rnr_retry_count_ > 0) return false;
    has_refused_ = true;
    Answer(Status::kRnrRetriesExceeded);
    return true;
  }
  const uint32_t slot = receives_.front();
  const bool invalidates = (frame.flags & kInvalidates) != 0;
  Status status = Status::kSuccess;
  if (frame.length > options_.receive_size) status = Status::kLocalLength;
  else if (invalidates && !domain_->Invalidate(frame.key, this)) status = Status::kRemoteInvalidRequest;
  receives_.pop_front();
  if (status == Status::kSuccess) {
    auto* into = options_.receives->data() + static_cast<size_t>(slot) * options_.receive_size;
    if (frame.length > 0) std::memcpy(into, socket_.payload(), frame.length);
  }
  Complete(Op::kReceive, slot, status, frame.length);
  if (status == Status::kSuccess) {
    if (invalidates) {
      pending_.back().first.flags = kFlagInvalidated;
      pending_.back().first.invalidated_key = frame.key;
    }
    Answer(Status::kSuccess);
    return true;
  }
  has_refused_ = true;
  Answer(Status::kRemoteInvalidRequest);
  EnterError();
  return true;
}

void TestConnection::OnTransfer(const Frame& frame) {
  const Op op = frame.type == FrameType::kRead ? Op::kRead : Op::kWrite;
  std::vector<RemoteRange> ranges;
  const Status problem = CheckTransfer(frame, &ranges);
  if (problem != Status::kSuccess) return Refuse(op, problem);
  const unsigned access = op == Op::kRead ? kRemoteRead : kRemoteWrite;
  // Nothing to do is allowed with any key, as InfiniBand has it.
  if (frame.bytes == 0) return Answer(Status::kSuccess);
  uint8_t* memory = domain_->Check(frame.key, frame.address, frame.bytes, access, this);
  if (memory == nullptr) return Refuse(op, Status::kRemoteAccess);
  const int error = op == Op::kRead ? CopyToProcess(peer_, memory, ranges) : CopyFromProcess(peer_, memory, ranges);
  if (error != 0) return Refuse(op, Status::kRemoteOperation);
  Answer(Status::kSuccess);
}

Status TestConnection::CheckTransfer(const Frame& frame, std::vector<RemoteRange>* ranges) {
  const bool is_whole = frame.length % sizeof(RemoteRange) == 0 && frame.length / sizeof(RemoteRange) <= kMaxRanges;
  if (!is_whole) return Status::kRemoteInvalidRequest;
  if (frame.type == FrameType::kRead && agreed_resources_ == 0) return Status::kRemoteInvalidRequest;
  ranges->resize(frame.length / sizeof(RemoteRange));
  if (frame.length > 0) std::memcpy(ranges->data(), socket_.payload(), frame.length);
  uint64_t sum = 0;
  for (const auto& range : *ranges) {
    if (range.length > frame.bytes) return Status::kRemoteInvalidRequest;
    sum += range.length;
  }
  return sum == frame.bytes ? Status::kSuccess : Status::kRemoteInvalidRequest;
}

}  // namespace rdma
