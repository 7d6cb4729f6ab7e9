#include "connection.h"

#include <algorithm>
#include <utility>

namespace rdma {

namespace {

// Batches that one call hands over before other work of the loop has its turn.
constexpr int kBatches = 4;
constexpr uint64_t kPatienceMs = 1000;

int CompletionCode(const Completion& completion) { return static_cast<int>(completion.op << 8 | completion.status); }

}  // namespace

void Connection::Start(Completion* records, uint32_t capacity) {
  records_ = records;
  capacity_ = capacity;
  DeferDeliver();
}

int Connection::Submit(const uint32_t* words, size_t word_count, const uint32_t* slots, size_t slot_count) {
  if (state_ != State::kEstablished) return SendQueue::kClosed;
  const uint32_t first = sends_.tail();
  const int problem = sends_.Parse(*domain(), words, word_count, std::max(max_send_ranges_, max_read_ranges_));
  if (problem != 0) return problem;
  int error = slot_count == 0 ? 0 : PostReceives(slots, slot_count);
  if (error == 0 && sends_.tail() != first) error = PostSends(first);
  else if (error != 0) sends_.CutFrom(first);
  if (error != 0) Fail(Failure::kSystem, error);
  return error;
}

void Connection::Established(uint32_t initiator_depth, uint32_t responder_resources,
                             std::span<const uint8_t> private_data) {
  if (state_ != State::kConnecting) return;
  state_ = State::kEstablished;
  if (observer_ != nullptr) observer_->OnEstablished(initiator_depth, responder_resources, private_data);
}

void Connection::FailConnecting(Failure failure, int code, std::span<const uint8_t> private_data) {
  if (state_ != State::kConnecting) return;
  const auto self = shared_from_this();
  state_ = State::kGone;
  const std::vector<uint8_t> kept(private_data.begin(), private_data.end());
  Release();
  if (auto* observer = std::exchange(observer_, nullptr)) observer->OnFailed(failure, code, kept);
}

void Connection::Fail(Failure failure, int code) {
  if (state_ == State::kConnecting) return FailConnecting(failure, code);
  if (state_ == State::kFailing && failure_ == Failure::kNone && !is_wanted_) {
    // Work that was only flushed came first; now the reason is known.
    failure_ = failure;
    code_ = code;
  }
  if (state_ != State::kEstablished) return;
  state_ = State::kFailing;
  failure_ = failure;
  code_ = code;
  StartDisconnect();
  patience_.Start(loop_, kPatienceMs, [this] { Finish(); });
  DeferDeliver();
}

void Connection::Disconnect() {
  if (state_ == State::kConnecting) return Destroy();
  is_wanted_ = true;
  Fail(Failure::kNone, 0);
}

void Connection::Destroy() {
  observer_ = nullptr;
  if (state_ == State::kGone) return;
  const auto self = shared_from_this();
  if (state_ == State::kEstablished) StartDisconnect();
  state_ = State::kGone;
  patience_.Close();
  Release();
  sends_ = SendQueue();
}

void Connection::DeferDeliver() {
  if (is_deferred_ || records_ == nullptr) return;
  is_deferred_ = true;
  loop_.Defer([self = shared_from_this()] {
    self->is_deferred_ = false;
    self->Deliver();
  });
}

void Connection::Deliver() {
  // Who has not asked for completions yet gets them when he does.
  if (records_ == nullptr || is_delivering_ || state_ == State::kGone) return;
  const auto self = shared_from_this();
  is_delivering_ = true;
  int batch = 0;
  uint32_t count = 0;
  do {
    count = PollCompletions(records_, capacity_);
    if (count == 0) break;
    statistics_.batches += 1;
    if (observer_ != nullptr) observer_->OnCompletions(count);
    batch += 1;
  } while (batch < kBatches && state_ != State::kGone);
  is_delivering_ = false;
  if (state_ == State::kGone) return;
  if (count != 0) DeferDeliver();
  else if (state_ == State::kFailing && IsFlushed()) Finish();
}

void Connection::Count(const Completion& completion, uint64_t sent_bytes) {
  statistics_.completions += 1;
  const bool is_flushed = completion.status == static_cast<uint32_t>(Status::kFlushed);
  if (is_flushed && IsFlushedByPeer()) return Fail(Failure::kNone, 0);
  if (completion.status != 0) return Fail(Failure::kCompletion, CompletionCode(completion));
  const auto op = static_cast<Op>(completion.op);
  if (op == Op::kReceive) statistics_.bytes_received += completion.bytes;
  else if (op == Op::kRead) statistics_.bytes_read += completion.bytes;
  else statistics_.bytes_sent += sent_bytes;
}

void Connection::Finish() {
  if (state_ != State::kFailing) return;
  const auto self = shared_from_this();
  state_ = State::kGone;
  patience_.Close();
  Release();
  sends_ = SendQueue();
  if (auto* observer = std::exchange(observer_, nullptr)) observer->OnClosed(failure_, code_);
}

}  // namespace rdma
