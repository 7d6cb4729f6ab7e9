#include "connection-wrap.h"

#include <algorithm>
#include <cstring>

namespace quic {

namespace {

// Smaller parts are copied: a reference costs more than that.
constexpr size_t kCopyBelow = 4096;

// What a connection takes beside its object of JavaScript, which is small: without knowing of it V8
// would let hundreds of closed connections lie.
constexpr int64_t kNativeSize = 128 * 1024;

class OwnedBytes final : public Keeper {
 public:
  explicit OwnedBytes(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

class ArrayKeeper final : public Keeper {
 public:
  explicit ArrayKeeper(const Napi::Uint8Array& array) : reference_(Napi::Persistent(array.As<Napi::Object>())) {}

 private:
  Napi::ObjectReference reference_;
};

// A Uint8Array that is filled. Its memory is looked up anew whenever JavaScript may have run: the
// array may have been transferred away.
class ArrayTarget final : public ReceiveTarget {
 public:
  ArrayTarget(const Napi::Uint8Array& array, std::shared_ptr<DatagramBuffers> buffers)
      : reference_(Napi::Persistent(array.As<Napi::Object>())), buffers_(std::move(buffers)) {}

  std::span<uint8_t> Span() override {
    if (epoch_ != buffers_->epoch) {
      Napi::HandleScope scope(reference_.Env());
      auto array = reference_.Value().As<Napi::Uint8Array>();
      span_ = std::span<uint8_t>(array.Data(), array.ByteLength());
      epoch_ = buffers_->epoch;
    }
    return span_;
  }

 private:
  Napi::ObjectReference reference_;
  std::shared_ptr<DatagramBuffers> buffers_;
  std::span<uint8_t> span_;
  uint64_t epoch_ = UINT64_MAX;
};

Napi::Value BytesOf(Napi::Env env, std::span<const uint8_t> bytes) {
  auto array = Napi::Uint8Array::New(env, bytes.size());
  // Nothing can be made in a worker that is being terminated.
  if (array.IsEmpty() || array.Data() == nullptr) return env.Undefined();
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

double Milliseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

Napi::Value AddressOf(Napi::Env env, const ngtcp2_addr& address) {
  const Address copy(address.addr, address.addrlen);
  auto object = Napi::Object::New(env);
  object.Set("address", copy.host());
  object.Set("port", copy.port());
  return object;
}

bool IsEnding(Event::Type type) {
  return type == Event::Type::kStreamClosed || type == Event::Type::kStreamReset || type == Event::Type::kClosed;
}

}  // namespace

void ConnectionWrap::Register(Napi::Env env) {
  const auto constructor = DefineClass(
      env, "Connection",
      {InstanceMethod<&ConnectionWrap::Attach>("attach"), InstanceMethod<&ConnectionWrap::Open>("open"),
       InstanceMethod<&ConnectionWrap::StreamId>("streamId"), InstanceMethod<&ConnectionWrap::Write>("write"),
       InstanceMethod<&ConnectionWrap::End>("end"), InstanceMethod<&ConnectionWrap::ResetStream>("resetStream"),
       InstanceMethod<&ConnectionWrap::StopSending>("stopSending"), InstanceMethod<&ConnectionWrap::SetTarget>("setTarget"),
       InstanceMethod<&ConnectionWrap::Release>("release"), InstanceMethod<&ConnectionWrap::Close>("close"),
       InstanceMethod<&ConnectionWrap::Destroy>("destroy"), InstanceMethod<&ConnectionWrap::UpdateKeys>("updateKeys"),
       InstanceMethod<&ConnectionWrap::SetReferenced>("setReferenced"), InstanceMethod<&ConnectionWrap::Info>("info"),
       InstanceMethod<&ConnectionWrap::Counters>("counters"),
       InstanceMethod<&ConnectionWrap::VerificationResult>("verification"),
       InstanceMethod<&ConnectionWrap::CloseReasonObject>("closeReason")});
  Environment::Of(env).connection_constructor = Napi::Persistent(constructor);
}

Napi::Object ConnectionWrap::New(Napi::Env env, std::shared_ptr<Endpoint> endpoint, std::shared_ptr<Peer> peer) {
  auto object = Environment::Of(env).connection_constructor.New({});
  if (object.IsEmpty()) return object;
  auto* wrap = Unwrap(object);
  wrap->endpoint_ = std::move(endpoint);
  wrap->peer_ = std::move(peer);
  wrap->peer_->observer = wrap;
  wrap->context_ = std::make_unique<Napi::AsyncContext>(env, "QUICCONNECTION", object);
  wrap->Ref();
  wrap->is_kept_ = true;
  Napi::MemoryManagement::AdjustExternalMemory(env, kNativeSize);
  return object;
}

ConnectionWrap::ConnectionWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ConnectionWrap>(info), environment_(&Environment::Of(info.Env())) {
  environment_->Add(this);
}

ConnectionWrap::~ConnectionWrap() {
  if (environment_ != nullptr) environment_->Remove(this);
  if (peer_ != nullptr) Napi::MemoryManagement::AdjustExternalMemory(Env(), -kNativeSize);
  Detach();
}

void ConnectionWrap::Detach() {
  if (peer_ != nullptr) peer_->observer = nullptr;
  peer_.reset();
  endpoint_.reset();
  context_.reset();
  on_event_.Reset();
  on_fill_.Reset();
  environment_ = nullptr;
}

// ------------------------------------------------------------------------ from the event loop

void ConnectionWrap::OnTargetFull() { DeliverNews(); }

void ConnectionWrap::OnProgress() {
  if (peer_ == nullptr || on_event_.IsEmpty()) return;
  // The object may be collected once it has told of its end.
  const auto peer = peer_;
  Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Value self = Value();
  for (int round = 0; round < 4 && peer_ != nullptr; ++round) {
    auto events = peer->connection->TakeEvents();
    DeliverEvents(events, false);
    DeliverNews();
    DeliverEvents(events, true);
    if (!peer->connection->has_events()) break;
  }
}

void ConnectionWrap::DeliverEvents(std::vector<Event>& events, bool ending) {
  for (const auto& event : events) {
    if (peer_ == nullptr) return;
    if (IsEnding(event.type) == ending) DeliverEvent(event);
  }
}

void ConnectionWrap::DeliverEvent(const Event& event) {
  const auto env = Env();
  Napi::HandleScope scope(env);
  const Napi::Value bytes = event.bytes.empty() ? env.Undefined() : BytesOf(env, event.bytes);
  environment_->Call(on_event_, *context_,
                     {Napi::Number::New(env, static_cast<double>(event.type)), Napi::Number::New(env, event.key),
                      Napi::Number::New(env, static_cast<double>(event.value)), Napi::Boolean::New(env, event.flag), bytes});
  if (event.type == Event::Type::kClosed && is_kept_) {
    is_kept_ = false;
    Unref();
  }
}

void ConnectionWrap::DeliverNews() {
  if (peer_ == nullptr) return;
  const auto peer = peer_;
  for (const auto key : peer->connection->TakeNews()) {
    if (peer_ == nullptr) return;
    DeliverStream(key);
  }
}

// Tells how far the target was filled and takes the next one, until there is nothing to tell.
void ConnectionWrap::DeliverStream(uint32_t key) {
  const auto peer = peer_;
  const auto env = Env();
  for (;;) {
    auto* stream = peer->connection->Find(key);
    if (stream == nullptr || !stream->receive.has_target() || stream->end_reported) return;
    const bool is_end = stream->receive.is_at_end();
    if (stream->receive.filled() == 0 && !is_end) return;
    size_t filled = 0;
    const auto given_back = stream->receive.TakeTarget(&filled);
    if (is_end) stream->end_reported = true;
    Napi::HandleScope scope(env);
    const auto next = environment_->Call(
        on_fill_, *context_,
        {Napi::Number::New(env, key), Napi::Number::New(env, static_cast<double>(filled)), Napi::Boolean::New(env, is_end)});
    if (peer_ == nullptr || is_end || next.IsEmpty() || !next.IsTypedArray()) return;
    // JavaScript ran: the stream may be gone, or have another target by now.
    stream = peer->connection->Find(key);
    if (stream == nullptr || stream->receive.has_target()) return;
    peer->connection->SetTarget(*stream, std::make_unique<ArrayTarget>(next.As<Napi::Uint8Array>(), environment_->buffers()));
  }
}

// ----------------------------------------------------------------------------- from JavaScript

Napi::Value ConnectionWrap::Attach(const Napi::CallbackInfo& info) {
  // Kept by our own object, not by us: both functions know the connection, and a strong reference
  // from here would keep all of it for ever.
  auto self = Value();
  self.Set("onEvent", info[0]);
  self.Set("onFill", info[1]);
  on_event_ = Napi::Weak(info[0].As<Napi::Function>());
  on_fill_ = Napi::Weak(info[1].As<Napi::Function>());
  Wake();
  return info.Env().Undefined();
}

void ConnectionWrap::Wake() {
  if (peer_ != nullptr && peer_->endpoint != nullptr) endpoint_->Wake(*peer_);
}

Stream* ConnectionWrap::FindStream(const Napi::CallbackInfo& info) {
  if (peer_ == nullptr) return nullptr;
  environment_->buffers()->epoch += 1;
  return peer_->connection->Find(info[0].ToNumber().Uint32Value());
}

Napi::Value ConnectionWrap::Open(const Napi::CallbackInfo& info) {
  if (peer_ == nullptr) return info.Env().Undefined();
  auto& stream = peer_->connection->Open(info[0].ToBoolean().Value());
  return Napi::Number::New(info.Env(), stream.key);
}

Napi::Value ConnectionWrap::StreamId(const Napi::CallbackInfo& info) {
  const auto* stream = FindStream(info);
  if (stream == nullptr || stream->id < 0) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(stream->id));
}

// write(key, parts, untilAcknowledged): false where the stream takes nothing more.
Napi::Value ConnectionWrap::Write(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  auto* stream = FindStream(info);
  if (stream == nullptr || stream->is_write_shut || stream->send.has_fin() || peer_->connection->is_closed()) {
    return Napi::Boolean::New(env, false);
  }
  const auto list = info[1].As<Napi::Array>();
  const uint32_t count = list.Length();
  std::vector<SendPart> parts;
  std::vector<uint8_t> small;
  bool by_reference = info[2].ToBoolean().Value();
  const auto flush = [&] {
    if (small.empty()) return;
    auto owned = std::make_unique<OwnedBytes>(std::exchange(small, {}));
    const auto& bytes = owned->bytes();
    parts.push_back({bytes.data(), bytes.size(), std::move(owned)});
  };
  for (uint32_t index = 0; index < count; ++index) {
    Napi::HandleScope scope(env);
    const auto array = list.Get(index).As<Napi::Uint8Array>();
    const size_t size = array.ByteLength();
    if (size < kCopyBelow) {
      small.insert(small.end(), array.Data(), array.Data() + size);
      continue;
    }
    flush();
    by_reference = true;
    parts.push_back({array.Data(), size, std::make_unique<ArrayKeeper>(array)});
  }
  flush();
  peer_->connection->Write(*stream, std::move(parts), by_reference);
  Wake();
  return Napi::Boolean::New(env, true);
}

Napi::Value ConnectionWrap::End(const Napi::CallbackInfo& info) {
  if (auto* stream = FindStream(info)) {
    peer_->connection->Finish(*stream);
    Wake();
  }
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::ResetStream(const Napi::CallbackInfo& info) {
  if (auto* stream = FindStream(info)) {
    peer_->connection->Reset(*stream, static_cast<uint64_t>(info[1].ToNumber().Int64Value()));
    Wake();
  }
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::StopSending(const Napi::CallbackInfo& info) {
  if (auto* stream = FindStream(info)) {
    peer_->connection->StopSending(*stream, static_cast<uint64_t>(info[1].ToNumber().Int64Value()));
    Wake();
  }
  return info.Env().Undefined();
}

// setTarget(key, array): the array, or undefined to pause.
Napi::Value ConnectionWrap::SetTarget(const Napi::CallbackInfo& info) {
  auto* stream = FindStream(info);
  if (stream == nullptr) return info.Env().Undefined();
  if (info[1].IsTypedArray()) {
    peer_->connection->SetTarget(*stream, std::make_unique<ArrayTarget>(info[1].As<Napi::Uint8Array>(), environment_->buffers()));
    if (peer_->connection->is_closed()) {
      // Nothing else will come that could bring what is queued along.
      DeliverNews();
    } else {
      Wake();
    }
  }
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::Release(const Napi::CallbackInfo& info) {
  if (auto* stream = FindStream(info)) peer_->connection->Release(*stream);
  Wake();
  return info.Env().Undefined();
}

// close(isApplication, code, reason)
Napi::Value ConnectionWrap::Close(const Napi::CallbackInfo& info) {
  if (peer_ == nullptr || peer_->endpoint == nullptr) return info.Env().Undefined();
  CloseReason reason;
  reason.kind = info[0].ToBoolean().Value() ? CloseReason::Kind::kApplication : CloseReason::Kind::kTransport;
  reason.code = static_cast<uint64_t>(info[1].ToNumber().Int64Value());
  reason.reason = info[2].ToString().Utf8Value();
  endpoint_->ClosePeer(*peer_, std::move(reason));
  return info.Env().Undefined();
}

// Ends the connection without a word to the peer.
Napi::Value ConnectionWrap::Destroy(const Napi::CallbackInfo& info) {
  if (peer_ == nullptr) return info.Env().Undefined();
  peer_->connection->Abort({CloseReason::Kind::kDropped, 0, false, ""});
  Wake();
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::UpdateKeys(const Napi::CallbackInfo& info) {
  const bool done = peer_ != nullptr && peer_->connection->UpdateKeys(Now());
  Wake();
  return Napi::Boolean::New(info.Env(), done);
}

Napi::Value ConnectionWrap::SetReferenced(const Napi::CallbackInfo& info) {
  if (peer_ != nullptr && peer_->endpoint != nullptr) endpoint_->SetReferenced(peer_.get(), info[0].ToBoolean().Value());
  return info.Env().Undefined();
}

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
