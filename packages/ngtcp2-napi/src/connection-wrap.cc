#include "connection-wrap.h"

#include <utility>

#include "script-memory.h"

namespace quic {

namespace {

// Smaller parts are copied: a reference costs more than that.
constexpr size_t kCopyBelow = 4096;

// What a connection takes beside its object of JavaScript, which is small: without knowing of it V8
// would let hundreds of closed connections lie.
constexpr int64_t kNativeSize = 128 * 1024;

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

}  // namespace quic
