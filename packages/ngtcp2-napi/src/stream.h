#pragma once

#include <ngtcp2/ngtcp2.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace quic {

// Keeps bytes alive that belong to somebody else.
class Keeper {
 public:
  virtual ~Keeper() = default;
};

// Bytes to be sent. They stay where they are until the peer has acknowledged them.
struct SendPart {
  const uint8_t* data = nullptr;
  size_t size = 0;
  std::unique_ptr<Keeper> keeper;
};

// Where received bytes go: memory of the application.
class ReceiveTarget {
 public:
  virtual ~ReceiveTarget() = default;
  // All of the target, also what is filled already. Empty where the memory is gone.
  virtual std::span<uint8_t> Span() = 0;
};

// What a stream has to send: unacknowledged bytes, of which the last are unsent.
class SendQueue {
 public:
  // `by_reference`: done once acknowledged; otherwise (the queue owns the bytes) once sent.
  void Push(std::vector<SendPart> parts, bool by_reference);
  void Finish() { has_fin_ = true; }

  bool has_fin() const { return has_fin_; }
  bool fin_sent() const { return fin_sent_; }
  bool has_unsent() const { return sent_ < queued_ || (has_fin_ && !fin_sent_); }
  uint64_t unsent() const { return queued_ - sent_; }
  uint64_t unacknowledged() const { return queued_ - acknowledged_; }

  // The next unsent bytes; returns how many vectors were filled and whether they are all there is.
  size_t Next(std::span<ngtcp2_vec> vectors, bool* is_all) const;
  void Sent(size_t bytes, bool with_fin);
  void Acknowledged(uint64_t until);
  // How many writes were completed since the last call, in order.
  uint32_t TakeCompleted();
  size_t outstanding_writes() const { return writes_.size(); }
  // Nothing more is to be sent; what is unacknowledged stays alive with the queue.
  void Abandon();

 private:
  struct Write {
    uint64_t end;
    bool by_reference;
  };
  void Complete();

  std::deque<SendPart> parts_;
  std::deque<Write> writes_;
  size_t next_part_ = 0;
  size_t next_offset_ = 0;
  uint64_t queued_ = 0;
  uint64_t sent_ = 0;
  uint64_t acknowledged_ = 0;
  // Stream offset of the first byte of parts_.
  uint64_t base_ = 0;
  uint32_t completed_ = 0;
  bool has_fin_ = false;
  bool fin_sent_ = false;
};

// What a stream has received and the application has not taken yet.
class ReceiveQueue {
 public:
  // Copies to the target and queues what does not fit. Returns how many bytes reached the target.
  size_t Push(std::span<const uint8_t> bytes);
  void Finish() { has_fin_ = true; }
  // The memory for the next bytes; returns how many queued bytes it took.
  size_t SetTarget(std::unique_ptr<ReceiveTarget> target);

  bool has_target() const { return target_ != nullptr; }
  size_t filled() const { return filled_; }
  // The target cannot take more: it must be given back.
  bool is_full();
  // Takes the target away; `filled` says how much of it was used.
  std::unique_ptr<ReceiveTarget> TakeTarget(size_t* filled);
  bool is_at_end() const { return has_fin_ && queued_ == 0; }
  bool has_fin() const { return has_fin_; }
  size_t queued() const { return queued_; }
  // Drops what is queued and returns how much that was.
  size_t Discard();

 private:
  size_t Fill(std::span<const uint8_t> bytes);

  std::unique_ptr<ReceiveTarget> target_;
  size_t filled_ = 0;
  std::deque<std::vector<uint8_t>> chunks_;
  size_t first_offset_ = 0;
  size_t queued_ = 0;
  bool has_fin_ = false;
};

// One stream of a connection, as the core sees it.
struct Stream {
  // Names the stream to the application, also before it has an id.
  uint32_t key = 0;
  // -1 until the peer's limit allows it to be opened.
  int64_t id = -1;
  bool is_bidirectional = true;
  bool is_local = true;
  SendQueue send;
  ReceiveQueue receive;
  // In the list of those with something to send.
  bool is_scheduled = false;
  // Waits for the peer to extend its window.
  bool is_blocked = false;
  bool is_write_shut = false;
  bool is_read_shut = false;
  // Bytes went to the target and the application has not been told.
  bool has_news = false;
  bool end_reported = false;
  // ngtcp2 knows it no more; kept for what was received and not taken.
  bool is_closed = false;
};

}  // namespace quic
