// How a connection fills datagrams: whose turn it is, and what a peer does not want any more.

#include <algorithm>

#include "connection.h"

namespace quic {

namespace {

constexpr size_t kMaxVectors = 16;

}  // namespace

Outgoing Connection::Pull(std::span<uint8_t> into, size_t budget, ngtcp2_path_storage* path, uint64_t now) {
  if (is_closed() || must_close_.has_value()) return {};
  ngtcp2_path_storage_zero(path);
  ngtcp2_pkt_info info{};
  size_t segment = 0;
  const auto size = WriteSome(into, budget, &path->path, &info, &segment, now);
  if (size < 0) {
    Fail(static_cast<int>(size));
    return {};
  }
  bytes_sent_ += static_cast<uint64_t>(size);
  return {static_cast<size_t>(size), segment, static_cast<uint8_t>(info.ecn)};
}

#if NGTCP2_VERSION_NUM >= 0x011100

// From 1.17 on ngtcp2 itself knows which packets may share one GSO batch.
ngtcp2_ssize Connection::WriteSome(std::span<uint8_t> into, size_t budget, ngtcp2_path* path, ngtcp2_pkt_info* info,
                                   size_t* segment, uint64_t now) {
  const auto write = [](ngtcp2_conn*, ngtcp2_path* to, ngtcp2_pkt_info* about, uint8_t* bytes, size_t size,
                        ngtcp2_tstamp when, void* self) {
    return static_cast<Connection*>(self)->WriteOne({bytes, size}, to, about, when);
  };
  const size_t size = std::min(into.size(), std::max(budget, MaxDatagram()));
  return ngtcp2_conn_write_aggregate_pkt2(conn_, path, info, into.data(), size, segment, write, 0, now);
}

#else

ngtcp2_ssize Connection::WriteSome(std::span<uint8_t> into, size_t, ngtcp2_path* path, ngtcp2_pkt_info* info,
                                   size_t* segment, uint64_t now) {
  const auto size = WriteOne(into, path, info, now);
  if (size > 0) *segment = static_cast<size_t>(size);
  return size;
}

#endif

// Fills one datagram from as many streams as have something and fit.
ngtcp2_ssize Connection::WriteOne(std::span<uint8_t> into, ngtcp2_path* path, ngtcp2_pkt_info* info, uint64_t now) {
  Unblock();
  for (;;) {
    Stream* stream = scheduled_.empty() ? nullptr : scheduled_.front();
    if (stream != nullptr && (!stream->send.has_unsent() || stream->is_write_shut || stream->id < 0)) {
      stream->is_scheduled = false;
      scheduled_.pop_front();
      continue;
    }
    std::array<ngtcp2_vec, kMaxVectors> vectors;
    size_t count = 0;
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
    if (stream != nullptr) {
      bool is_all = false;
      count = stream->send.Next(vectors, &is_all);
      flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
      if (is_all && stream->send.has_fin()) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    }
    ngtcp2_ssize accepted = -1;
    const auto size = ngtcp2_conn_writev_stream(conn_, path, info, into.data(), into.size(), &accepted, flags,
                                                stream == nullptr ? -1 : stream->id, vectors.data(), count, now);
    if (stream != nullptr && accepted >= 0) {
      stream->send.Sent(static_cast<size_t>(accepted), (flags & NGTCP2_WRITE_STREAM_FLAG_FIN) != 0);
      ReportWritten(*stream);
      // Others have their turn: round robin by datagram.
      if (scheduled_.size() > 1) std::rotate(scheduled_.begin(), scheduled_.begin() + 1, scheduled_.end());
    }
    switch (size) {
      case NGTCP2_ERR_WRITE_MORE:
        continue;
      case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        scheduled_.pop_front();
        stream->is_scheduled = false;
        stream->is_blocked = true;
        blocked_.push_back(stream);
        continue;
      case NGTCP2_ERR_STREAM_SHUT_WR:
      case NGTCP2_ERR_STREAM_NOT_FOUND:
        Stopped(*stream, 0);
        continue;
      default:
        return size;
    }
  }
}

#if NGTCP2_VERSION_NUM >= 0x011800

// A callback tells.
void Connection::CheckStopped() {}

#else

// ngtcp2 answers STOP_SENDING with RESET_STREAM by itself and tells us with the next write only, and
// not with which code. A write that cannot be, of more bytes than a stream has, asks for that and has
// no other effect.
void Connection::CheckStopped() {
  if (is_closed()) return;
  for (auto& [key, stream] : streams_) {
    if (stream->id < 0 || stream->is_closed || stream->is_write_shut || stream->send.fin_sent()) continue;
    if (stream->send.outstanding_writes() == 0) continue;
    uint8_t byte = 0;
    const ngtcp2_vec impossible{&byte, SIZE_MAX / 2};
    ngtcp2_ssize accepted = -1;
    const auto code = ngtcp2_conn_writev_stream(conn_, nullptr, nullptr, &byte, 0, &accepted, NGTCP2_WRITE_STREAM_FLAG_NONE,
                                                stream->id, &impossible, 1, 0);
    if (code == NGTCP2_ERR_STREAM_SHUT_WR) Stopped(*stream, 0);
  }
}

#endif

void Connection::Stopped(Stream& stream, uint64_t code) {
  if (stream.is_write_shut) return;
  stream.is_write_shut = true;
  stream.send.Abandon();
  Emit({.type = Event::Type::kStopSending, .key = stream.key, .value = code});
}

// Streams that wait for the connection's window, not their own, are not reported by ngtcp2.
void Connection::Unblock() {
  if (blocked_.empty() || ngtcp2_conn_get_max_data_left(conn_) == 0) return;
  std::erase_if(blocked_, [this](Stream* stream) {
    if (ngtcp2_conn_get_max_stream_data_left(conn_, stream->id) == 0) return false;
    stream->is_blocked = false;
    Schedule(*stream);
    return true;
  });
}

void Connection::Schedule(Stream& stream) {
  if (stream.is_scheduled || stream.is_blocked || stream.is_write_shut || stream.id < 0 || stream.is_closed) return;
  if (!stream.send.has_unsent()) return;
  stream.is_scheduled = true;
  scheduled_.push_back(&stream);
}

void Connection::ReportWritten(Stream& stream) {
  const auto count = stream.send.TakeCompleted();
  if (count != 0) Emit({.type = Event::Type::kWritten, .key = stream.key, .value = count});
}

}  // namespace quic
