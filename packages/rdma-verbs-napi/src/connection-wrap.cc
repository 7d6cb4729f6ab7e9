#include "connection-wrap.h"

#include <cstring>
#include <utility>

#include "domain-wrap.h"

namespace rdma {

namespace {

// The numbers of lib/native.ts.
enum EventType { kResolved, kEstablished, kFailed, kClosed, kAsynchronous };

Napi::Uint8Array CopyBytes(Napi::Env env, std::span<const uint8_t> bytes) {
  auto result = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(result.Data(), bytes.data(), bytes.size());
  return result;
}

uint32_t Number(const Napi::Object& object, const char* name) { return object.Get(name).ToNumber().Uint32Value(); }

}  // namespace

void ConnectionWrap::Register(Napi::Env env) {
  auto constructor = DefineClass(
      env, "Connection",
      {InstanceMethod<&ConnectionWrap::Attach>("attach"), InstanceMethod<&ConnectionWrap::DeviceName>("deviceName"),
       InstanceMethod<&ConnectionWrap::DomainOf>("domain"), InstanceMethod<&ConnectionWrap::AddressesOf>("addresses"),
       InstanceMethod<&ConnectionWrap::RequestOf>("request"), InstanceMethod<&ConnectionWrap::Establish>("establish"),
       InstanceMethod<&ConnectionWrap::Reject>("reject"), InstanceMethod<&ConnectionWrap::Limits>("limits"),
       InstanceMethod<&ConnectionWrap::Start>("start"), InstanceMethod<&ConnectionWrap::Submit>("submit"),
       InstanceMethod<&ConnectionWrap::Outstanding>("outstanding"),
       InstanceMethod<&ConnectionWrap::StatisticsOf>("statistics"),
       InstanceMethod<&ConnectionWrap::Disconnect>("disconnect"), InstanceMethod<&ConnectionWrap::Destroy>("destroy"),
       InstanceMethod<&ConnectionWrap::SetReferenced>("setReferenced")});
  Environment::Of(env).connection_constructor = Napi::Persistent(constructor);
}

Napi::Object ConnectionWrap::New(Napi::Env env, std::shared_ptr<Connection> connection) {
  auto object = Environment::Of(env).connection_constructor.New({});
  auto* self = Unwrap(object);
  connection->set_observer(self);
  self->connection_ = std::move(connection);
  self->environment_->Add(self);
  self->is_registered_ = true;
  return object;
}

ConnectionWrap::ConnectionWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ConnectionWrap>(info), environment_(&Environment::Of(info.Env())) {}

ConnectionWrap::~ConnectionWrap() {
  // Where the environment ended first it has taken the connection away.
  if (is_registered_) environment_->Remove(this);
  if (connection_ != nullptr) connection_->Destroy();
}

void ConnectionWrap::Detach() {
  is_registered_ = false;
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->Destroy();
}

void ConnectionWrap::LetGo() {
  if (is_registered_) environment_->Remove(this);
  is_registered_ = false;
  if (connection_ != nullptr) connection_->set_observer(nullptr);
  if (is_kept_) {
    is_kept_ = false;
    Unref();
  }
}

// These functions reach this object again: who keeps them would never be collected.
void ConnectionWrap::Forget() {
  on_event_.Reset();
  on_completions_.Reset();
  records_.Reset();
}

void ConnectionWrap::Emit(int type, double first, double second, std::span<const uint8_t> bytes) {
  if (context_ == nullptr) return;
  const auto env = Env();
  Napi::HandleScope scope(env);
  const auto data = bytes.empty() ? env.Undefined() : CopyBytes(env, bytes).As<Napi::Value>();
  environment_->Call(on_event_, *context_,
                     {Napi::Number::New(env, type), Napi::Number::New(env, first), Napi::Number::New(env, second), data});
}

void ConnectionWrap::OnResolved() { Emit(kResolved, 0, 0); }

void ConnectionWrap::OnEstablished(uint32_t initiator_depth, uint32_t responder_resources,
                                   std::span<const uint8_t> private_data) {
  Emit(kEstablished, initiator_depth, responder_resources, private_data);
}

void ConnectionWrap::OnFailed(Failure failure, int code, std::span<const uint8_t> private_data) {
  Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Value self = Value();
  LetGo();
  Emit(kFailed, static_cast<double>(failure), code, private_data);
  Forget();
}

void ConnectionWrap::OnClosed(Failure failure, int code) {
  Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Value self = Value();
  LetGo();
  Emit(kClosed, static_cast<double>(failure), code);
  Forget();
}

void ConnectionWrap::OnAsynchronous(int type, int port) { Emit(kAsynchronous, type, port); }

void ConnectionWrap::OnCompletions(uint32_t count) {
  const auto env = Env();
  Napi::HandleScope scope(env);
  environment_->Call(on_completions_, *context_, {Napi::Number::New(env, count)});
}

// attach(event): from here on it is kept by the loop until it has ended.
Napi::Value ConnectionWrap::Attach(const Napi::CallbackInfo& info) {
  on_event_ = Napi::Persistent(info[0].As<Napi::Function>());
  context_ = std::make_unique<Napi::AsyncContext>(info.Env(), "RDMACONNECTION");
  if (connection_ != nullptr && !is_kept_) {
    Ref();
    is_kept_ = true;
  }
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::DeviceName(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), connection_->device_name());
}

Napi::Value ConnectionWrap::DomainOf(const Napi::CallbackInfo& info) {
  auto domain = connection_->domain();
  if (domain != nullptr) return DomainWrap::New(info.Env(), std::move(domain));
  Throw(info.Env(), {"device", "The device gives no protection domain", errno});
  return {};
}

Napi::Value ConnectionWrap::AddressesOf(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const Addresses addresses = connection_->addresses();
  auto result = Napi::Object::New(env);
  result.Set("localAddress", addresses.local);
  result.Set("localPort", Napi::Number::New(env, addresses.local_port));
  result.Set("remoteAddress", addresses.remote);
  result.Set("remotePort", Napi::Number::New(env, addresses.remote_port));
  return result;
}

Napi::Value ConnectionWrap::RequestOf(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const Request& request = connection_->request();
  auto result = Napi::Array::New(env, 3);
  result.Set(0u, CopyBytes(env, request.private_data));
  result.Set(1u, request.initiator_depth);
  result.Set(2u, request.responder_resources);
  return result;
}

Napi::Value ConnectionWrap::Establish(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const auto given = info[0].As<Napi::Object>();
  EndpointOptions options;
  const auto domain = connection_->domain();
  if (domain != nullptr) options.receives = domain->FindRegion(Number(given, "receiveRegion"));
  options.receive_size = Number(given, "receiveSize");
  options.receive_count = Number(given, "receiveCount");
  options.send_queue_depth = Number(given, "sendQueueDepth");
  const auto bytes = given.Get("privateData").As<Napi::Uint8Array>();
  options.private_data.assign(bytes.Data(), bytes.Data() + bytes.ByteLength());
  options.initiator_depth = Number(given, "initiatorDepth");
  options.responder_resources = Number(given, "responderResources");
  options.retry_count = Number(given, "retryCount");
  options.rnr_retry_count = Number(given, "rnrRetryCount");
  const uint64_t needed = static_cast<uint64_t>(options.receive_size) * options.receive_count;
  Problem problem{"memory", "The receive buffers are not registered", 0};
  if (options.receives != nullptr && options.receives->size() >= needed) problem = connection_->Establish(options);
  if (problem) Throw(env, problem);
  return env.Undefined();
}

Napi::Value ConnectionWrap::Reject(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  if (connection_ != nullptr) connection_->Reject({bytes.Data(), bytes.ByteLength()});
  LetGo();
  Forget();
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::Limits(const Napi::CallbackInfo& info) {
  auto result = Napi::Array::New(info.Env(), 3);
  result.Set(0u, connection_->max_send_ranges());
  result.Set(1u, connection_->max_read_ranges());
  result.Set(2u, connection_->send_queue_depth());
  return result;
}

// start(records, completions)
Napi::Value ConnectionWrap::Start(const Napi::CallbackInfo& info) {
  auto records = info[0].As<Napi::Uint32Array>();
  records_ = Napi::Persistent(records);
  on_completions_ = Napi::Persistent(info[1].As<Napi::Function>());
  const auto capacity = records.ByteLength() / sizeof(Completion);
  if (connection_ == nullptr || !is_registered_) {
    // It has ended already.
    Forget();
  } else {
    connection_->Start(reinterpret_cast<Completion*>(records.Data()), static_cast<uint32_t>(capacity));
  }
  return info.Env().Undefined();
}

// submit(words, wordCount, receives, receiveCount)
Napi::Value ConnectionWrap::Submit(const Napi::CallbackInfo& info) {
  const auto words = info[0].As<Napi::Uint32Array>();
  const auto slots = info[2].As<Napi::Uint32Array>();
  const size_t word_count = info[1].As<Napi::Number>().Uint32Value();
  const size_t slot_count = info[3].As<Napi::Number>().Uint32Value();
  int problem = SendQueue::kInvalid;
  if (connection_ == nullptr) problem = SendQueue::kClosed;
  else if (word_count <= words.ElementLength() && slot_count <= slots.ElementLength())
    problem = connection_->Submit(words.Data(), word_count, slots.Data(), slot_count);
  return Napi::Number::New(info.Env(), problem);
}

Napi::Value ConnectionWrap::Outstanding(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), connection_ == nullptr ? 0 : connection_->outstanding());
}

Napi::Value ConnectionWrap::StatisticsOf(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const Statistics numbers = connection_ == nullptr ? Statistics{} : connection_->statistics();
  auto result = Napi::Array::New(env, 5);
  uint32_t index = 0;
  for (const uint64_t number :
       {numbers.completions, numbers.batches, numbers.bytes_received, numbers.bytes_sent, numbers.bytes_read}) {
    result.Set(index++, Napi::Number::New(env, static_cast<double>(number)));
  }
  return result;
}

Napi::Value ConnectionWrap::Disconnect(const Napi::CallbackInfo& info) {
  if (connection_ != nullptr) connection_->Disconnect();
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::Destroy(const Napi::CallbackInfo& info) {
  if (connection_ != nullptr) connection_->Destroy();
  LetGo();
  Forget();
  return info.Env().Undefined();
}

Napi::Value ConnectionWrap::SetReferenced(const Napi::CallbackInfo& info) {
  if (connection_ != nullptr) connection_->SetReferenced(info[0].ToBoolean().Value());
  return info.Env().Undefined();
}

}  // namespace rdma
