#if __has_include(<rdma/rdma_cma.h>)

#include <algorithm>
#include <cerrno>

#include "verbs-connection.h"

namespace rdma {

namespace {

// In wr_id, beside the number.
constexpr uint64_t kIsReceive = 1ull << 32;

ibv_wr_opcode OpcodeOf(const Work& work) {
  switch (work.op) {
    case Op::kWrite:
      return IBV_WR_RDMA_WRITE;
    case Op::kRead:
      return IBV_WR_RDMA_READ;
    case Op::kBind:
      return IBV_WR_BIND_MW;
    case Op::kInvalidate:
      return IBV_WR_LOCAL_INV;
    default:
      return (work.flags & kInvalidates) != 0 ? IBV_WR_SEND_WITH_INV : IBV_WR_SEND;
  }
}

}  // namespace

int VerbsConnection::PostReceives(const uint32_t* slots, size_t count) {
  if (receives_ + count > options_.receive_count) return ENOMEM;
  std::vector<ibv_recv_wr> requests(count);
  std::vector<ibv_sge> ranges(count);
  for (size_t index = 0; index < count; index += 1) {
    const uint64_t offset = static_cast<uint64_t>(slots[index]) * options_.receive_size;
    ranges[index] = {options_.receives->address() + offset, options_.receive_size, options_.receives->local_key};
    requests[index] = {slots[index] | kIsReceive, index + 1 < count ? &requests[index + 1] : nullptr, &ranges[index], 1};
  }
  ibv_recv_wr* bad = nullptr;
  const int error = ibv_post_recv(id_->qp, requests.data(), &bad);
  receives_ += static_cast<uint32_t>(error == 0 ? count : bad == nullptr ? 0 : bad - requests.data());
  return error;
}

void VerbsConnection::Fill(Work& work, uint32_t sequence, ibv_send_wr* request) {
  *request = {};
  request->wr_id = sequence;
  request->opcode = OpcodeOf(work);
  const bool is_signaled = (work.flags & kUnsignaled) == 0 || work.is_silent;
  if (is_signaled) request->send_flags |= IBV_SEND_SIGNALED;
  if ((work.flags & kFence) != 0) request->send_flags |= IBV_SEND_FENCE;
  if ((work.flags & kSolicited) != 0) request->send_flags |= IBV_SEND_SOLICITED;
  if (work.op == Op::kBind) {
    auto* window = static_cast<VerbsWindow*>(work.window.get());
    const auto& range = work.ranges.front();
    request->bind_mw.mw = window->mw();
    request->bind_mw.rkey = work.key;
    request->bind_mw.bind_info.mr = static_cast<VerbsRegion*>(range.region.get())->mr();
    request->bind_mw.bind_info.addr = range.region->address() + range.offset;
    request->bind_mw.bind_info.length = range.length;
    request->bind_mw.bind_info.mw_access_flags = work.window_access;
    return;
  }
  if (work.op == Op::kWrite || work.op == Op::kRead) {
    request->wr.rdma.remote_addr = work.address;
    request->wr.rdma.rkey = work.key;
  } else {
    request->invalidate_rkey = work.key;
  }
  request->sg_list = ranges_.data() + ranges_.size();
  request->num_sge = static_cast<int>(work.ranges.size());
  for (const auto& range : work.ranges) {
    ranges_.push_back({range.region->address() + range.offset, range.length, range.region->local_key});
  }
}

// The driver wants the old key of a window while it posts, and the new one from then on.
void VerbsConnection::NoteBound(Work& work) {
  if (work.op != Op::kBind) return;
  auto* window = static_cast<VerbsWindow*>(work.window.get());
  window->mw()->rkey = work.key;
  window->key = work.key;
  window->region = work.ranges.front().region;
}

int VerbsConnection::PostSends(uint32_t first) {
  const uint32_t count = sends_.tail() - first;
  requests_.resize(count);
  ranges_.clear();
  // Requests point into it.
  ranges_.reserve(static_cast<size_t>(count) * max_send_ranges_);
  for (uint32_t index = 0; index < count; index += 1) {
    Fill(sends_.at(first + index), first + index, &requests_[index]);
    requests_[index].next = index + 1 < count ? &requests_[index + 1] : nullptr;
  }
  ibv_send_wr* bad = nullptr;
  const int error = ibv_post_send(id_->qp, requests_.data(), &bad);
  const auto posted = static_cast<uint32_t>(error == 0 ? count : bad == nullptr ? 0 : bad - requests_.data());
  for (uint32_t index = 0; index < posted; index += 1) NoteBound(sends_.at(first + index));
  if (error != 0) sends_.CutFrom(first + posted);
  return error;
}

bool VerbsConnection::Read(const ibv_wc& entry, Completion* record) {
  *record = {};
  record->status = static_cast<uint32_t>(entry.status);
  record->vendor_error = entry.status == IBV_WC_SUCCESS ? 0 : entry.vendor_err;
  if ((entry.wr_id & kIsReceive) != 0) {
    receives_ -= 1;
    record->id = static_cast<uint32_t>(entry.wr_id);
    record->op = static_cast<uint32_t>(Op::kReceive);
    if (entry.status == IBV_WC_SUCCESS) {
      record->bytes = entry.byte_len;
      if ((entry.wc_flags & device_->invalidated_bits()) != 0) {
        record->flags = kFlagInvalidated;
        record->invalidated_key = entry.invalidated_rkey;
      }
    }
    Count(*record, 0);
    return true;
  }
  // What was posted before it without a wish for completion has ended well.
  const auto sequence = static_cast<uint32_t>(entry.wr_id);
  if (sequence - sends_.head() >= sends_.size()) return false;
  while (sends_.head() != sequence) sends_.PopFront();
  const Work& work = sends_.at(sequence);
  const uint64_t bytes = work.size();
  const bool is_told = !work.is_silent || entry.status != IBV_WC_SUCCESS;
  record->id = work.id;
  record->op = static_cast<uint32_t>(work.op);
  if (work.op == Op::kRead && entry.status == IBV_WC_SUCCESS) record->bytes = static_cast<uint32_t>(bytes);
  sends_.PopFront();
  if (is_told) Count(*record, bytes);
  return is_told;
}

uint32_t VerbsConnection::PollCompletions(Completion* records, uint32_t capacity) {
  if (queue_ == nullptr) return 0;
  entries_.resize(capacity);
  for (;;) {
    const int found = ibv_poll_cq(queue_, static_cast<int>(capacity), entries_.data());
    if (found < 0) {
      Fail(Failure::kDevice, 0);
      return 0;
    }
    uint32_t count = 0;
    for (int index = 0; index < found; index += 1) {
      if (Read(entries_[static_cast<size_t>(index)], &records[count])) count += 1;
    }
    // Nothing but what is not told of: there may be more.
    if (count > 0 || found == 0) return count;
  }
}

void VerbsConnection::OnCompletionEvent() {
  const auto self = shared_from_this();
  ibv_cq* queue = nullptr;
  void* context = nullptr;
  uint32_t events = 0;
  while (Verbs().ibv_get_cq_event(channel_, &queue, &context) == 0) events += 1;
  const bool is_broken = errno != EAGAIN && errno != EINTR;
  if (events > 0) {
    Verbs().ibv_ack_cq_events(queue_, events);
    ibv_req_notify_cq(queue_, 0);
  } else if (is_broken) {
    poll_.Stop();
  }
  Deliver();
}

bool VerbsConnection::IsFlushed() const {
  // Of our own accord we leave when the peer has heard of it; Connection's patience ends that.
  return receives_ == 0 && sends_.size() == 0 && (has_left_ || !is_wanted());
}

}  // namespace rdma

#endif
