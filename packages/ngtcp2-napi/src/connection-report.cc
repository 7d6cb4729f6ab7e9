// What JavaScript may ask a connection: numbers, what was agreed on, certificates, why it ended.

#include "connection-wrap.h"
#include "script-memory.h"

namespace quic {

namespace {

double Milliseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

Napi::Value AddressOf(Napi::Env env, const ngtcp2_addr& address) {
  const Address copy(address.addr, address.addrlen);
  auto object = Napi::Object::New(env);
  object.Set("address", copy.host());
  object.Set("port", copy.port());
  return object;
}

}  // namespace

Napi::Value ConnectionWrap::Counters(const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  if (peer_ == nullptr) return result;
  auto& connection = *peer_->connection;
  ngtcp2_conn_info numbers;
  ngtcp2_conn_get_conn_info(connection.handle(), &numbers);
  result.Set("bytesReceived", static_cast<double>(connection.bytes_received()));
  result.Set("bytesSent", static_cast<double>(connection.bytes_sent()));
  result.Set("rttMs", Milliseconds(numbers.smoothed_rtt));
  result.Set("minRttMs", numbers.min_rtt == UINT64_MAX ? 0 : Milliseconds(numbers.min_rtt));
  result.Set("congestionWindow", static_cast<double>(numbers.cwnd));
  result.Set("bytesInFlight", static_cast<double>(numbers.bytes_in_flight));
  result.Set("maxDatagram", static_cast<double>(connection.MaxDatagram()));
  result.Set("keyUpdates", static_cast<double>(connection.key_updates()));
  return result;
}

Napi::Value ConnectionWrap::Info(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  auto result = Napi::Object::New(env);
  if (peer_ == nullptr) return result;
  auto& connection = *peer_->connection;
  auto* tls = connection.tls();
  result.Set("version", static_cast<double>(ngtcp2_conn_get_negotiated_version(connection.handle())));
  const bool has_keys = connection.is_established();
  result.Set("alpn", tls->alpn());
  result.Set("cipher", has_keys ? tls->cipher() : "");
  result.Set("group", has_keys ? tls->group() : "");
  result.Set("serverName", tls->server_name());
  result.Set("isResumed", tls->is_resumed());
  result.Set("wasCertificateRequested", tls->was_certificate_requested());
  result.Set("hadRetry", !connection.is_server() && connection.has_had_retry());
  const auto* path = ngtcp2_conn_get_path(connection.handle());
  result.Set("local", AddressOf(env, path->local));
  result.Set("remote", AddressOf(env, path->remote));
  return result;
}

Napi::Value ConnectionWrap::VerificationResult(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  auto result = Napi::Object::New(env);
  if (peer_ == nullptr) return result;
  const auto& verification = peer_->connection->tls()->verification();
  result.Set("done", verification.done);
  result.Set("accepted", verification.accepted);
  result.Set("status", verification.status);
  result.Set("text", verification.text);
  auto chain = Napi::Array::New(env, verification.chain.size());
  for (uint32_t index = 0; index < verification.chain.size(); ++index) chain.Set(index, BytesOf(env, verification.chain[index]));
  result.Set("chain", chain);
  return result;
}

Napi::Value ConnectionWrap::CloseReasonObject(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  auto result = Napi::Object::New(env);
  if (peer_ == nullptr) return result;
  const auto& reason = peer_->connection->close_reason();
  result.Set("kind", static_cast<double>(reason.kind));
  result.Set("code", static_cast<double>(reason.code));
  result.Set("isRemote", reason.is_remote);
  result.Set("reason", reason.reason);
  return result;
}

}  // namespace quic
