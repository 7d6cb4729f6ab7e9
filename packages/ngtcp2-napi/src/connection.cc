#include "connection.h"

#include <gnutls/crypto.h>

#include <algorithm>
#include <utility>

#include "connection-callbacks.h"

namespace quic {

void Random(std::span<uint8_t> into) { gnutls_rnd(GNUTLS_RND_RANDOM, into.data(), into.size()); }

namespace {

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
