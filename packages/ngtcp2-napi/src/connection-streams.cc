// The streams of a connection: opening them, what the application writes, reads and gives up.

#include <utility>

#include "connection.h"

namespace quic {

Stream* Connection::Find(uint32_t key) {
  const auto found = streams_.find(key);
  return found == streams_.end() ? nullptr : found->second.get();
}

Stream& Connection::Adopt(int64_t id, bool is_local) {
  auto stream = std::make_unique<Stream>();
  stream->key = next_key_++;
  stream->id = id;
  stream->is_local = is_local;
  stream->is_bidirectional = id < 0 || ngtcp2_is_bidi_stream(id) != 0;
  auto& result = *stream;
  streams_.emplace(result.key, std::move(stream));
  if (id >= 0) ngtcp2_conn_set_stream_user_data(conn_, id, &result);
  return result;
}

Stream& Connection::Open(bool bidirectional) {
  auto& stream = Adopt(-1, true);
  stream.is_bidirectional = bidirectional;
  if (!TryOpen(stream)) pending_open_.push_back(stream.key);
  return stream;
}

bool Connection::TryOpen(Stream& stream) {
  if (is_closed()) return false;
  int64_t id = -1;
  const int code = stream.is_bidirectional ? ngtcp2_conn_open_bidi_stream(conn_, &id, &stream)
                                           : ngtcp2_conn_open_uni_stream(conn_, &id, &stream);
  if (code != 0) return false;
  stream.id = id;
  if (!stream.is_bidirectional) stream.receive.Finish();
  Schedule(stream);
  return true;
}

void Connection::OpenPending() {
  std::deque<uint32_t> waiting;
  for (const auto key : pending_open_) {
    auto* stream = Find(key);
    if (stream != nullptr && !stream->is_write_shut && !TryOpen(*stream)) waiting.push_back(key);
  }
  pending_open_ = std::move(waiting);
}

void Connection::Write(Stream& stream, std::vector<SendPart> parts, bool by_reference) {
  stream.send.Push(std::move(parts), by_reference);
  ReportWritten(stream);
  if (!is_closed()) Schedule(stream);
}

void Connection::Finish(Stream& stream) {
  stream.send.Finish();
  if (!is_closed()) Schedule(stream);
}

void Connection::Reset(Stream& stream, uint64_t code) {
  stream.is_write_shut = true;
  stream.send.Abandon();
  if (stream.id >= 0 && !stream.is_closed && !is_closed()) ngtcp2_conn_shutdown_stream_write(conn_, 0, stream.id, code);
}

void Connection::StopSending(Stream& stream, uint64_t code) {
  if (stream.is_read_shut) return;
  stream.is_read_shut = true;
  Consumed(stream, stream.receive.Discard());
  if (stream.id >= 0 && !stream.is_closed && !is_closed()) ngtcp2_conn_shutdown_stream_read(conn_, 0, stream.id, code);
}

void Connection::SetTarget(Stream& stream, std::unique_ptr<ReceiveTarget> target) {
  const size_t taken = stream.receive.SetTarget(std::move(target));
  Consumed(stream, taken);
  if ((taken > 0 || stream.receive.is_at_end()) && !stream.has_news) {
    stream.has_news = true;
    news_.push_back(stream.key);
  }
}

// The application has taken bytes: the peer may send as many more.
void Connection::Consumed(Stream& stream, size_t bytes) {
  if (bytes == 0 || is_closed()) return;
  if (stream.id >= 0 && !stream.is_closed && !stream.receive.has_fin()) {
    ngtcp2_conn_extend_max_stream_offset(conn_, stream.id, bytes);
  }
  ngtcp2_conn_extend_max_offset(conn_, bytes);
}

void Connection::Release(Stream& stream) {
  if (!stream.is_closed && !is_closed()) return;
  Consumed(stream, stream.receive.Discard());
  streams_.erase(stream.key);
}

}  // namespace quic
