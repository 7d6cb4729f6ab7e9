#include "stream.h"

#include <algorithm>
#include <cstring>

namespace quic {

void SendQueue::Push(std::vector<SendPart> parts, bool by_reference) {
  for (auto& part : parts) {
    if (part.size == 0) continue;
    queued_ += part.size;
    parts_.push_back(std::move(part));
  }
  writes_.push_back({queued_, by_reference});
  Complete();
}

size_t SendQueue::Next(std::span<ngtcp2_vec> vectors, bool* is_all) const {
  size_t count = 0;
  size_t offset = next_offset_;
  size_t part = next_part_;
  for (; part < parts_.size() && count < vectors.size(); ++part) {
    const auto& bytes = parts_[part];
    vectors[count++] = {const_cast<uint8_t*>(bytes.data) + offset, bytes.size - offset};
    offset = 0;
  }
  *is_all = part == parts_.size();
  return count;
}

void SendQueue::Sent(size_t bytes, bool with_fin) {
  sent_ += bytes;
  while (bytes > 0) {
    const size_t rest = parts_[next_part_].size - next_offset_;
    if (bytes < rest) {
      next_offset_ += bytes;
      break;
    }
    bytes -= rest;
    next_part_ += 1;
    next_offset_ = 0;
  }
  if (with_fin && sent_ == queued_) fin_sent_ = true;
  Complete();
}

void SendQueue::Acknowledged(uint64_t until) {
  acknowledged_ = std::max(acknowledged_, until);
  while (!parts_.empty() && next_part_ > 0 && base_ + parts_.front().size <= acknowledged_) {
    base_ += parts_.front().size;
    parts_.pop_front();
    next_part_ -= 1;
  }
  Complete();
}

void SendQueue::Complete() {
  while (!writes_.empty()) {
    const auto& first = writes_.front();
    if ((first.by_reference ? acknowledged_ : sent_) < first.end) return;
    writes_.pop_front();
    completed_ += 1;
  }
}

uint32_t SendQueue::TakeCompleted() {
  const uint32_t completed = completed_;
  completed_ = 0;
  return completed;
}

void SendQueue::Abandon() {
  queued_ = sent_;
  has_fin_ = false;
  writes_.clear();
}

size_t ReceiveQueue::Fill(std::span<const uint8_t> bytes) {
  const auto span = target_->Span();
  if (span.size() <= filled_) return 0;
  const size_t count = std::min(bytes.size(), span.size() - filled_);
  if (count > 0) std::memcpy(span.data() + filled_, bytes.data(), count);
  filled_ += count;
  return count;
}

size_t ReceiveQueue::Push(std::span<const uint8_t> bytes) {
  const size_t placed = target_ != nullptr && queued_ == 0 ? Fill(bytes) : 0;
  const auto rest = bytes.subspan(placed);
  if (!rest.empty()) {
    chunks_.emplace_back(rest.begin(), rest.end());
    queued_ += rest.size();
  }
  return placed;
}

size_t ReceiveQueue::SetTarget(std::unique_ptr<ReceiveTarget> target) {
  target_ = std::move(target);
  filled_ = 0;
  size_t taken = 0;
  while (!chunks_.empty()) {
    const auto& first = chunks_.front();
    const size_t count = Fill(std::span(first).subspan(first_offset_));
    taken += count;
    first_offset_ += count;
    if (first_offset_ < first.size()) break;
    chunks_.pop_front();
    first_offset_ = 0;
  }
  queued_ -= taken;
  return taken;
}

bool ReceiveQueue::is_full() { return target_ != nullptr && filled_ >= target_->Span().size(); }

std::unique_ptr<ReceiveTarget> ReceiveQueue::TakeTarget(size_t* filled) {
  *filled = filled_;
  filled_ = 0;
  return std::move(target_);
}

size_t ReceiveQueue::Discard() {
  chunks_.clear();
  first_offset_ = 0;
  const size_t count = queued_;
  queued_ = 0;
  return count;
}

}  // namespace quic
