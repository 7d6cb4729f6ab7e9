#include "options.h"

#include <algorithm>

namespace quic {

namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;

std::string Bytes(const Napi::Value& value) {
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (!value.IsTypedArray()) return "";
  const auto array = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(array.Data()), array.ByteLength()};
}

std::string Text(const Napi::Object& object, const char* name) { return Bytes(object.Get(name)); }

std::vector<std::string> List(const Napi::Object& object, const char* name) {
  std::vector<std::string> result;
  const auto value = object.Get(name);
  if (!value.IsArray()) return result;
  const auto array = value.As<Napi::Array>();
  for (uint32_t index = 0; index < array.Length(); ++index) result.push_back(Bytes(array.Get(index)));
  return result;
}

double Number(const Napi::Object& object, const char* name, double otherwise) {
  const auto value = object.Get(name);
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : otherwise;
}

uint64_t Size(const Napi::Object& object, const char* name, uint64_t otherwise) {
  const double value = Number(object, name, static_cast<double>(otherwise));
  return value > 0 ? static_cast<uint64_t>(value) : 0;
}

uint64_t Duration(const Napi::Object& object, const char* name, uint64_t otherwise) {
  const auto value = object.Get(name);
  if (!value.IsNumber()) return otherwise;
  return static_cast<uint64_t>(std::max(0.0, value.As<Napi::Number>().DoubleValue()) * kNanosecondsPerMillisecond);
}

bool Flag(const Napi::Object& object, const char* name, bool otherwise) {
  const auto value = object.Get(name);
  return value.IsBoolean() ? value.As<Napi::Boolean>().Value() : otherwise;
}

std::vector<uint8_t> Blob(const Napi::Object& object, const char* name) {
  const std::string bytes = Text(object, name);
  return {bytes.begin(), bytes.end()};
}

VerifyMode ReadVerify(const Napi::Object& object) {
  const std::string mode = Text(object, "verify");
  if (mode == "none") return VerifyMode::kNone;
  return mode == "ca" ? VerifyMode::kCa : VerifyMode::kFull;
}

ngtcp2_cc_algo ReadCongestion(const Napi::Object& object) {
  const std::string name = Text(object, "congestion");
  if (name == "bbr") return NGTCP2_CC_ALGO_BBR;
  return name == "reno" ? NGTCP2_CC_ALGO_RENO : NGTCP2_CC_ALGO_CUBIC;
}

void ReadVersions(const Napi::Object& object, ConnectionOptions& options) {
  const auto value = object.Get("versions");
  if (value.IsArray()) {
    const auto array = value.As<Napi::Array>();
    options.versions.clear();
    for (uint32_t index = 0; index < array.Length(); ++index) {
      options.versions.push_back(array.Get(index).ToNumber().Uint32Value());
    }
  }
  options.version = static_cast<uint32_t>(Size(object, "initialVersion", options.version));
}

}  // namespace

TlsContextOptions ReadTlsContextOptions(const Napi::Object& object) {
  TlsContextOptions options;
  options.is_server = Flag(object, "isServer", false);
  options.ca = List(object, "ca");
  options.ca_files = List(object, "caFiles");
  options.ca_directories = List(object, "caDirectories");
  options.system_ca = Flag(object, "systemCa", !options.is_server);
  options.crl = List(object, "crl");
  options.crl_files = List(object, "crlFiles");
  options.certificate = Text(object, "cert");
  options.key = Text(object, "key");
  options.key_password = Text(object, "keyPassword");
  options.priority = Text(object, "priority");
  options.ticket_key = Text(object, "ticketKey");
  return options;
}

UdpOptions ReadUdpOptions(const Napi::Object& object, std::string* error) {
  UdpOptions options;
  const std::string host = Text(object, "address");
  const auto bind = Address::Parse(host, static_cast<uint16_t>(Size(object, "port", 0)));
  if (!bind.has_value()) {
    *error = "\"" + host + "\" is not a numeric address";
    return options;
  }
  options.bind = *bind;
  const std::string peer = Text(object, "remoteAddress");
  if (!peer.empty()) {
    const auto remote = Address::Parse(peer, static_cast<uint16_t>(Size(object, "remotePort", 0)));
    if (!remote.has_value()) {
      *error = "\"" + peer + "\" is not a numeric address";
      return options;
    }
    options.connect = *remote;
  }
  options.reuse_port = Flag(object, "reusePort", false);
  options.ipv6_only = Flag(object, "ipv6Only", false);
  options.buffer_size = static_cast<int>(std::min<uint64_t>(Size(object, "socketBuffer", 4 << 20), 1 << 30));
  options.gso = Flag(object, "gso", true);
  options.gro = Flag(object, "gro", true);
  return options;
}

ConnectionOptions ReadConnectionOptions(const Napi::Object& object, bool is_server) {
  ConnectionOptions options;
  const auto context = object.Get("context");
  if (context.IsObject()) options.context = SecureContextWrap::Unwrap(context.As<Napi::Object>())->context();
  options.tls.is_server = is_server;
  options.tls.alpn = List(object, "alpn");
  options.tls.server_name = Text(object, "serverName");
  options.tls.verify_name = Text(object, "verifyName");
  options.tls.verify = ReadVerify(object);
  options.tls.request_certificate = Flag(object, "requestCertificate", false);
  options.tls.require_certificate = Flag(object, "requireCertificate", false);
  options.tls.session_tickets = Flag(object, "sessionTickets", true);
  options.tls.ticket = Blob(object, "ticket");
  options.token = Blob(object, "token");
  options.handshake_timeout = Duration(object, "handshakeTimeoutMs", options.handshake_timeout);
  options.idle_timeout = Duration(object, "idleTimeoutMs", options.idle_timeout);
  options.keep_alive = Duration(object, "keepAliveMs", options.keep_alive);
  options.initial_rtt = Duration(object, "initialRttMs", 0);
  options.connection_window = Size(object, "connectionWindow", options.connection_window);
  options.stream_window = Size(object, "streamWindow", options.stream_window);
  options.max_connection_window = std::max(options.connection_window, Size(object, "maxConnectionWindow", options.max_connection_window));
  options.max_stream_window = std::max(options.stream_window, Size(object, "maxStreamWindow", options.max_stream_window));
  options.max_bidi_streams = Size(object, "maxBidiStreams", options.max_bidi_streams);
  options.max_uni_streams = Size(object, "maxUniStreams", options.max_uni_streams);
  options.max_datagram = static_cast<uint32_t>(std::clamp<uint64_t>(Size(object, "maxDatagram", options.max_datagram), 1200, 65'400));
  options.discover_mtu = Flag(object, "discoverMtu", true);
  options.congestion = ReadCongestion(object);
  ReadVersions(object, options);
  const auto secret = Blob(object, "resetSecret");
  if (secret.size() == options.reset_secret.size()) {
    std::copy(secret.begin(), secret.end(), options.reset_secret.begin());
  } else {
    Random(options.reset_secret);
  }
  return options;
}

ServerOptions ReadServerOptions(const Napi::Object& object) {
  ServerOptions options{.connection = ReadConnectionOptions(object, true)};
  const std::string retry = Text(object, "retry");
  options.retry = retry == "always"  ? ServerOptions::Retry::kAlways
                  : retry == "never" ? ServerOptions::Retry::kNever
                                     : ServerOptions::Retry::kAuto;
  options.max_connections = Size(object, "maxConnections", options.max_connections);
  return options;
}

void SecureContextWrap::Register(Napi::Env env, Napi::Object exports) {
  exports.Set("SecureContext", DefineClass(env, "SecureContext", {InstanceAccessor<&SecureContextWrap::Trusted>("trusted")}));
}

SecureContextWrap::SecureContextWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SecureContextWrap>(info) {
  std::string error;
  if (info[0].IsObject()) context_ = TlsContext::Create(ReadTlsContextOptions(info[0].As<Napi::Object>()), &error);
  if (context_ == nullptr) Napi::Error::New(info.Env(), error).ThrowAsJavaScriptException();
}

Napi::Value SecureContextWrap::Trusted(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(context_->trusted()));
}

}  // namespace quic
