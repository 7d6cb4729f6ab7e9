#include "connection.h"

#include <gnutls/crypto.h>

#include <algorithm>
#include <utility>

#include "connection-callbacks.h"

namespace quic {

void Random(std::span<uint8_t> into) { gnutls_rnd(GNUTLS_RND_RANDOM, into.data(), into.size()); }

namespace {

constexpr size_t kMaxVectors = 16;

ngtcp2_cid NewCid() {
  ngtcp2_cid cid{};
  cid.datalen = kCidLength;
  Random({cid.data, kCidLength});
  return cid;
}

ngtcp2_path PathOf(const Address& local, const Address& remote) {
  return {{const_cast<sockaddr*>(local.data()), local.size()}, {const_cast<sockaddr*>(remote.data()), remote.size()}, nullptr};
}

CloseReason ReasonOf(const ngtcp2_ccerr& error, bool is_remote) {
  CloseReason reason;
  reason.kind = error.type == NGTCP2_CCERR_TYPE_APPLICATION  ? CloseReason::Kind::kApplication
                : error.type == NGTCP2_CCERR_TYPE_IDLE_CLOSE ? CloseReason::Kind::kIdleTimeout
                : error.type == NGTCP2_CCERR_TYPE_VERSION_NEGOTIATION ? CloseReason::Kind::kVersionNegotiation
                : error.type == NGTCP2_CCERR_TYPE_DROP_CONN           ? CloseReason::Kind::kDropped
                                                                      : CloseReason::Kind::kTransport;
  reason.code = error.error_code;
  reason.is_remote = is_remote;
  reason.reason.assign(reinterpret_cast<const char*>(error.reason), error.reasonlen);
  return reason;
}

}  // namespace

Connection::Connection(ConnectionOptions options, bool is_server, Registry* registry)
    : options_(std::move(options)), is_server_(is_server), registry_(registry) {
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<Connection*>(reference->user_data)->conn_;
  };
}

Connection::~Connection() {
  if (conn_ != nullptr) ngtcp2_conn_del(conn_);
}

std::unique_ptr<Connection> Connection::Client(ConnectionOptions options, const Address& local, const Address& remote,
                                               Registry* registry, uint64_t now, std::string* error) {
  std::unique_ptr<Connection> connection(new Connection(std::move(options), false, registry));
  *error = connection->Start(local, remote, nullptr, now);
  return error->empty() ? std::move(connection) : nullptr;
}

std::unique_ptr<Connection> Connection::Server(ConnectionOptions options, const Address& local, const Address& remote,
                                               const Initial& initial, Registry* registry, uint64_t now,
                                               std::string* error) {
  std::unique_ptr<Connection> connection(new Connection(std::move(options), true, registry));
  *error = connection->Start(local, remote, &initial, now);
  return error->empty() ? std::move(connection) : nullptr;
}

void Connection::FillSettings(ngtcp2_settings& settings, uint64_t now) {
  ngtcp2_settings_default(&settings);
  settings.initial_ts = now;
  settings.cc_algo = options_.congestion;
  if (options_.initial_rtt != 0) settings.initial_rtt = options_.initial_rtt;
  settings.handshake_timeout = options_.handshake_timeout == 0 ? UINT64_MAX : options_.handshake_timeout;
  settings.max_window = options_.max_connection_window;
  settings.max_stream_window = options_.max_stream_window;
  settings.no_pmtud = options_.discover_mtu ? 0 : 1;
  settings.max_tx_udp_payload_size = std::max<size_t>(options_.max_datagram, NGTCP2_MAX_UDP_PAYLOAD_SIZE);
  // Ethernet first; then smaller ones where a tunnel takes its share; then jumbo frames and loopback.
  for (const uint16_t probe : {1452, 1404, 1342, 1232, 8932, 65'400}) {
    if (probe <= settings.max_tx_udp_payload_size) probes_.push_back(probe);
  }
  if (settings.max_tx_udp_payload_size > NGTCP2_MAX_UDP_PAYLOAD_SIZE &&
      std::find(probes_.begin(), probes_.end(), settings.max_tx_udp_payload_size) == probes_.end()) {
    probes_.push_back(static_cast<uint16_t>(settings.max_tx_udp_payload_size));
  }
  settings.pmtud_probes = probes_.data();
  settings.pmtud_probeslen = probes_.size();
  settings.available_versions = options_.versions.data();
  settings.available_versionslen = options_.versions.size();
  settings.preferred_versions = options_.versions.data();
  settings.preferred_versionslen = options_.versions.size();
  if (!is_server_ && !options_.token.empty()) {
    settings.token = options_.token.data();
    settings.tokenlen = options_.token.size();
    settings.token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
  }
}

void Connection::FillParameters(ngtcp2_transport_params& parameters) const {
  ngtcp2_transport_params_default(&parameters);
  parameters.initial_max_data = options_.connection_window;
  parameters.initial_max_stream_data_bidi_local = options_.stream_window;
  parameters.initial_max_stream_data_bidi_remote = options_.stream_window;
  parameters.initial_max_stream_data_uni = options_.stream_window;
  parameters.initial_max_streams_bidi = options_.max_bidi_streams;
  parameters.initial_max_streams_uni = options_.max_uni_streams;
  parameters.max_idle_timeout = options_.idle_timeout;
  parameters.active_connection_id_limit = 7;
  parameters.grease_quic_bit = 1;
}

std::string Connection::Start(const Address& local, const Address& remote, const Initial* initial, uint64_t now) {
  const auto path = PathOf(local, remote);
  const ngtcp2_callbacks callbacks = MakeCallbacks(is_server_);
  ngtcp2_settings settings;
  ngtcp2_transport_params parameters;
  FillSettings(settings, now);
  FillParameters(parameters);
  const ngtcp2_cid scid = NewCid();
  int code = 0;
  if (is_server_) {
    const auto& header = initial->header;
    settings.token_type = initial->token_type;
    if (header.tokenlen != 0 && initial->token_type != NGTCP2_TOKEN_TYPE_UNKNOWN) {
      settings.token = options_.token.data();
      settings.tokenlen = options_.token.size();
    }
    original_dcid_ = header.dcid;
    parameters.original_dcid_present = 1;
    parameters.original_dcid = initial->original_dcid.value_or(header.dcid);
    if (initial->original_dcid.has_value()) {
      parameters.retry_scid_present = 1;
      parameters.retry_scid = header.dcid;
    }
    parameters.stateless_reset_token_present = 1;
    ngtcp2_crypto_generate_stateless_reset_token(parameters.stateless_reset_token, options_.reset_secret.data(),
                                                 options_.reset_secret.size(), &scid);
    code = ngtcp2_conn_server_new(&conn_, &header.scid, &scid, &path, header.version, &callbacks, &settings,
                                  &parameters, nullptr, this);
  } else {
    original_dcid_ = NewCid();
    code = ngtcp2_conn_client_new(&conn_, &original_dcid_, &scid, &path, options_.version, &callbacks, &settings,
                                  &parameters, nullptr, this);
  }
  if (code != 0) return std::string("A QUIC connection cannot be made: ") + ngtcp2_strerror(code);
  return StartTls();
}

std::string Connection::StartTls() {
  tls_ = std::make_unique<TlsSession>();
  const std::string problem =
      tls_->Init(options_.context, options_.tls, &reference_,
                 [this](std::vector<uint8_t> ticket) { Emit({.type = Event::Type::kTicket, .bytes = std::move(ticket)}); });
  if (!problem.empty()) return problem;
  ngtcp2_conn_set_tls_native_handle(conn_, tls_->handle());
  if (options_.keep_alive != 0) ngtcp2_conn_set_keep_alive_timeout(conn_, options_.keep_alive);
  return "";
}

// ---------------------------------------------------------------------------- datagrams and time

Connection::FeedResult Connection::Feed(const Address& local, const Address& remote, uint8_t ecn,
                                        std::span<const uint8_t> datagram, uint64_t now) {
  if (is_closed()) return FeedResult::kOk;
  bytes_received_ += datagram.size();
  const auto path = PathOf(local, remote);
  const ngtcp2_pkt_info info{ecn};
  const int code = ngtcp2_conn_read_pkt(conn_, &path, &info, datagram.data(), datagram.size(), now);
  if (code == 0) return FeedResult::kOk;
  if (code == NGTCP2_ERR_RETRY) return FeedResult::kRetry;
  if (code == NGTCP2_ERR_DROP_CONN) return FeedResult::kDrop;
  Fail(code);
  return FeedResult::kOk;
}

void Connection::Fail(int error) {
  if (is_closed() || must_close_.has_value()) return;
  CloseReason reason;
  switch (error) {
    case NGTCP2_ERR_DRAINING:
      reason = was_reset_ ? CloseReason{CloseReason::Kind::kStatelessReset, 0, true, ""}
                          : ReasonOf(*ngtcp2_conn_get_ccerr(conn_), true);
      SetClosed(std::move(reason));
      return;
    case NGTCP2_ERR_CLOSING:
      return;
    case NGTCP2_ERR_IDLE_CLOSE:
      SetClosed({CloseReason::Kind::kIdleTimeout, 0, false, ""});
      return;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
      SetClosed({CloseReason::Kind::kHandshakeTimeout, 0, false, ""});
      return;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    case NGTCP2_ERR_VERSION_NEGOTIATION_FAILURE:
      SetClosed({CloseReason::Kind::kVersionNegotiation, 0, true, ""});
      return;
    default:
      break;
  }
  ngtcp2_ccerr ccerr;
  ngtcp2_ccerr_default(&ccerr);
  if (error == NGTCP2_ERR_CRYPTO) {
    const int verified = tls_->verification().alert;
    const uint8_t alert = verified >= 0 ? static_cast<uint8_t>(verified) : ngtcp2_conn_get_tls_alert(conn_);
    ngtcp2_ccerr_set_tls_alert(&ccerr, alert, nullptr, 0);
  } else {
    ngtcp2_ccerr_set_liberr(&ccerr, error, nullptr, 0);
  }
  reason = ReasonOf(ccerr, false);
  reason.reason = ngtcp2_strerror(error);
  must_close_ = std::move(reason);
}

CloseReason Connection::TakeMustClose() {
  CloseReason reason = std::move(*must_close_);
  must_close_.reset();
  return reason;
}

void Connection::SetClosed(CloseReason reason) {
  if (is_closed()) return;
  close_ = std::move(reason);
  must_close_.reset();
  scheduled_.clear();
  blocked_.clear();
  Emit({.type = Event::Type::kClosed});
}

void Connection::Abort(CloseReason reason) { SetClosed(std::move(reason)); }

size_t Connection::Close(CloseReason reason, std::span<uint8_t> into, ngtcp2_path_storage* path, uint64_t now) {
  if (is_closed()) return 0;
  ngtcp2_ccerr ccerr;
  ngtcp2_ccerr_default(&ccerr);
  const auto* text = reinterpret_cast<const uint8_t*>(reason.reason.data());
  // What ngtcp2 found is for our own logs; the peer needs the code only.
  const size_t length = reason.kind == CloseReason::Kind::kApplication ? std::min<size_t>(reason.reason.size(), 900) : 0;
  if (reason.kind == CloseReason::Kind::kApplication) {
    ngtcp2_ccerr_set_application_error(&ccerr, reason.code, text, length);
  } else {
    ngtcp2_ccerr_set_transport_error(&ccerr, reason.code, text, length);
  }
  ngtcp2_path_storage_zero(path);
  ngtcp2_pkt_info info{};
  const auto size = ngtcp2_conn_write_connection_close(conn_, &path->path, &info, into.data(),
                                                       std::min(into.size(), MaxDatagram()), &ccerr, now);
  SetClosed(std::move(reason));
  return size > 0 ? static_cast<size_t>(size) : 0;
}

size_t Connection::MaxDatagram() const { return ngtcp2_conn_get_path_max_tx_udp_payload_size(conn_); }

size_t Connection::Quantum() const { return std::max(ngtcp2_conn_get_send_quantum(conn_), MaxDatagram()); }

void Connection::EndBurst(uint64_t now) { ngtcp2_conn_update_pkt_tx_time(conn_, now); }

uint64_t Connection::Expiry() const { return is_closed() ? UINT64_MAX : ngtcp2_conn_get_expiry(conn_); }

uint64_t Connection::Pto() const { return ngtcp2_conn_get_pto(conn_); }

void Connection::Expire(uint64_t now) {
  if (is_closed() || ngtcp2_conn_get_expiry(conn_) > now) return;
  const int code = ngtcp2_conn_handle_expiry(conn_, now);
  if (code != 0) Fail(code);
}

Outgoing Connection::Pull(std::span<uint8_t> into, ngtcp2_path_storage* path, uint64_t now) {
  if (is_closed() || must_close_.has_value()) return {};
  ngtcp2_path_storage_zero(path);
  ngtcp2_pkt_info info{};
  const auto size = WriteOne(into, &path->path, &info, now);
  if (size < 0) {
    Fail(static_cast<int>(size));
    return {};
  }
  bytes_sent_ += static_cast<uint64_t>(size);
  return {static_cast<size_t>(size), static_cast<uint8_t>(info.ecn)};
}

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
        Stopped(*stream);
        continue;
      default:
        return size;
    }
  }
}

// ngtcp2 answers STOP_SENDING with RESET_STREAM by itself and tells us with the next write only. A
// write that cannot be, of more bytes than a stream has, asks for that and has no other effect.
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
    if (code == NGTCP2_ERR_STREAM_SHUT_WR) Stopped(*stream);
  }
}

void Connection::Stopped(Stream& stream) {
  if (stream.is_write_shut) return;
  stream.is_write_shut = true;
  stream.send.Abandon();
  Emit({.type = Event::Type::kStopSending, .key = stream.key});
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

// --------------------------------------------------------------------------------- what happened

std::vector<Event> Connection::TakeEvents() { return std::exchange(events_, {}); }

std::vector<uint32_t> Connection::TakeNews() {
  has_full_target_ = false;
  auto news = std::exchange(news_, {});
  for (const auto key : news) {
    if (auto* stream = Find(key)) stream->has_news = false;
  }
  return news;
}

void Connection::ReportWritten(Stream& stream) {
  const auto count = stream.send.TakeCompleted();
  if (count != 0) Emit({.type = Event::Type::kWritten, .key = stream.key, .value = count});
}

// --------------------------------------------------------------------------------------- streams

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

void Connection::Schedule(Stream& stream) {
  if (stream.is_scheduled || stream.is_blocked || stream.is_write_shut || stream.id < 0 || stream.is_closed) return;
  if (!stream.send.has_unsent()) return;
  stream.is_scheduled = true;
  scheduled_.push_back(&stream);
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

// -------------------------------------------------------------------------------- the connection

bool Connection::UpdateKeys(uint64_t now) {
  if (is_closed() || ngtcp2_conn_initiate_key_update(conn_, now) != 0) return false;
  key_updates_ += 1;
  return true;
}

std::vector<ngtcp2_cid> Connection::Cids() const {
  std::vector<ngtcp2_cid> cids(ngtcp2_conn_get_scid(conn_, nullptr));
  ngtcp2_conn_get_scid(conn_, cids.data());
  return cids;
}

bool Connection::has_had_retry() const { return ngtcp2_conn_after_retry(conn_) != 0; }

void Connection::SubmitToken(std::span<const uint8_t> token) {
  if (!is_closed()) ngtcp2_conn_submit_new_token(conn_, token.data(), token.size());
}

}  // namespace quic
