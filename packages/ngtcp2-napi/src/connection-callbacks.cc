#include "connection-callbacks.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>

#include "connection.h"

namespace quic {

namespace {

// The TLS alert ([RFC 8446] 6).
constexpr uint64_t kNoApplicationProtocol = 120;

}  // namespace

// Static members, so that one `friend` opens the connection to all of them. They run inside of
// ngtcp2's calls: they take notes, nothing more.
struct Callbacks {
  static Connection& Of(void* user_data) { return *static_cast<Connection*>(user_data); }

  static int HandshakeCompleted(ngtcp2_conn*, void* user_data) {
    auto& self = Of(user_data);
    // A server that ignores what we offered chose nothing: that must not pass ([RFC 9001] 8.1).
    if (!self.is_server_ && self.tls_->alpn().empty()) {
      self.must_close_ = CloseReason{CloseReason::Kind::kTransport, NGTCP2_CRYPTO_ERROR | kNoApplicationProtocol, false,
                                     "the server chose no protocol"};
      return 0;
    }
    self.is_established_ = true;
    if (self.is_server_) self.tls_->SendTicket();
    self.Emit({.type = Event::Type::kHandshakeCompleted});
    self.OpenPending();
    return 0;
  }

  static int HandshakeConfirmed(ngtcp2_conn*, void* user_data) {
    Of(user_data).Emit({.type = Event::Type::kHandshakeConfirmed});
    return 0;
  }

  static int ReceiveStreamData(ngtcp2_conn* conn, uint32_t flags, int64_t, uint64_t, const uint8_t* data, size_t size,
                               void* user_data, void* stream_data) {
    auto& self = Of(user_data);
    auto* stream = static_cast<Stream*>(stream_data);
    if (stream == nullptr || stream->is_read_shut) {
      ngtcp2_conn_extend_max_offset(conn, size);
      return 0;
    }
    const bool is_end = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    if (is_end) stream->receive.Finish();
    const size_t placed = stream->receive.Push({data, size});
    self.Consumed(*stream, placed);
    if (stream->receive.is_full()) self.has_full_target_ = true;
    if (!stream->has_news) {
      stream->has_news = true;
      self.news_.push_back(stream->key);
    }
    return 0;
  }

  static int Acknowledged(ngtcp2_conn*, int64_t, uint64_t offset, uint64_t size, void* user_data, void* stream_data) {
    auto* stream = static_cast<Stream*>(stream_data);
    if (stream == nullptr) return 0;
    stream->send.Acknowledged(offset + size);
    Of(user_data).ReportWritten(*stream);
    return 0;
  }

  static int StreamOpened(ngtcp2_conn*, int64_t id, void* user_data) {
    auto& self = Of(user_data);
    auto& stream = self.Adopt(id, false);
    if (!stream.is_bidirectional) stream.is_write_shut = true;
    self.Emit({.type = Event::Type::kStreamOpened, .key = stream.key, .flag = stream.is_bidirectional});
    return 0;
  }

  static int StreamClosed(ngtcp2_conn* conn, uint32_t flags, int64_t id, uint64_t code, void* user_data,
                          void* stream_data) {
    auto& self = Of(user_data);
    if (ngtcp2_conn_is_local_stream(conn, id) == 0) {
      if (ngtcp2_is_bidi_stream(id) != 0) {
        ngtcp2_conn_extend_max_streams_bidi(conn, 1);
      } else {
        ngtcp2_conn_extend_max_streams_uni(conn, 1);
      }
    }
    auto* stream = static_cast<Stream*>(stream_data);
    if (stream == nullptr) return 0;
    stream->is_closed = true;
    std::erase(self.scheduled_, stream);
    std::erase(self.blocked_, stream);
    stream->is_scheduled = false;
    stream->is_blocked = false;
    self.Emit({.type = Event::Type::kStreamClosed,
               .key = stream->key,
               .value = code,
               .flag = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0});
    return 0;
  }

  static int StreamReset(ngtcp2_conn*, int64_t, uint64_t, uint64_t code, void* user_data, void* stream_data) {
    auto* stream = static_cast<Stream*>(stream_data);
    if (stream != nullptr) Of(user_data).Emit({.type = Event::Type::kStreamReset, .key = stream->key, .value = code});
    return 0;
  }

#if NGTCP2_VERSION_NUM >= 0x011800
  static int StopSending(ngtcp2_conn*, int64_t, uint64_t code, void* user_data, void* stream_data) {
    auto* stream = static_cast<Stream*>(stream_data);
    if (stream != nullptr) Of(user_data).Stopped(*stream, code);
    return 0;
  }
#endif

  static int ExtendStreamData(ngtcp2_conn*, int64_t, uint64_t, void* user_data, void* stream_data) {
    auto* stream = static_cast<Stream*>(stream_data);
    if (stream == nullptr || !stream->is_blocked) return 0;
    auto& self = Of(user_data);
    std::erase(self.blocked_, stream);
    stream->is_blocked = false;
    self.Schedule(*stream);
    return 0;
  }

  static int ExtendStreams(ngtcp2_conn*, uint64_t, void* user_data) {
    Of(user_data).OpenPending();
    return 0;
  }

  static int NewCid(ngtcp2_conn*, ngtcp2_cid* cid, uint8_t* token, size_t size, void* user_data) {
    auto& self = Of(user_data);
    Random({cid->data, size});
    cid->datalen = size;
    const auto& secret = self.options_.reset_secret;
    if (ngtcp2_crypto_generate_stateless_reset_token(token, secret.data(), secret.size(), cid) != 0)
      return NGTCP2_ERR_CALLBACK_FAILURE;
    if (self.registry_ != nullptr) self.registry_->AddCid(*cid);
    return 0;
  }

  static int RemoveCid(ngtcp2_conn*, const ngtcp2_cid* cid, void* user_data) {
    auto& self = Of(user_data);
    if (self.registry_ != nullptr) self.registry_->RemoveCid(*cid);
    return 0;
  }

  static int StatelessReset(ngtcp2_conn*, const ngtcp2_pkt_stateless_reset*, void* user_data) {
    Of(user_data).was_reset_ = true;
    return 0;
  }

  static int NewToken(ngtcp2_conn*, const uint8_t* token, size_t size, void* user_data) {
    Of(user_data).Emit({.type = Event::Type::kToken, .bytes = {token, token + size}});
    return 0;
  }

  static void Rand(uint8_t* into, size_t size, const ngtcp2_rand_ctx*) { Random({into, size}); }
};

ngtcp2_callbacks MakeCallbacks(bool is_server) {
  ngtcp2_callbacks callbacks{};
  if (is_server) {
    callbacks.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
  } else {
    callbacks.client_initial = ngtcp2_crypto_client_initial_cb;
    callbacks.recv_retry = ngtcp2_crypto_recv_retry_cb;
    callbacks.recv_new_token = Callbacks::NewToken;
    callbacks.handshake_confirmed = Callbacks::HandshakeConfirmed;
  }
  callbacks.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
  callbacks.handshake_completed = Callbacks::HandshakeCompleted;
  callbacks.encrypt = ngtcp2_crypto_encrypt_cb;
  callbacks.decrypt = ngtcp2_crypto_decrypt_cb;
  callbacks.hp_mask = ngtcp2_crypto_hp_mask_cb;
  callbacks.recv_stream_data = Callbacks::ReceiveStreamData;
  callbacks.acked_stream_data_offset = Callbacks::Acknowledged;
  callbacks.stream_open = Callbacks::StreamOpened;
  callbacks.stream_close = Callbacks::StreamClosed;
  callbacks.stream_reset = Callbacks::StreamReset;
#if NGTCP2_VERSION_NUM >= 0x011800
  callbacks.recv_stop_sending = Callbacks::StopSending;
#endif
  callbacks.extend_max_stream_data = Callbacks::ExtendStreamData;
  callbacks.extend_max_local_streams_bidi = Callbacks::ExtendStreams;
  callbacks.extend_max_local_streams_uni = Callbacks::ExtendStreams;
  callbacks.recv_stateless_reset = Callbacks::StatelessReset;
  callbacks.rand = Callbacks::Rand;
  callbacks.get_new_connection_id = Callbacks::NewCid;
  callbacks.remove_connection_id = Callbacks::RemoveCid;
  callbacks.update_key = ngtcp2_crypto_update_key_cb;
  callbacks.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
  callbacks.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
  callbacks.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
  callbacks.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  return callbacks;
}

}  // namespace quic
