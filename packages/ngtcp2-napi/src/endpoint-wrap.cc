#include "endpoint-wrap.h"

#include <cstring>

#include "connection-wrap.h"
#include "options.h"

namespace quic {

void EndpointWrap::Register(Napi::Env env, Napi::Object exports) {
  exports.Set("Endpoint",
              DefineClass(env, "Endpoint",
                          {InstanceMethod<&EndpointWrap::Connect>("connect"), InstanceMethod<&EndpointWrap::Listen>("listen"),
                           InstanceMethod<&EndpointWrap::StopListening>("stopListening"),
                           InstanceMethod<&EndpointWrap::Close>("close"),
                           InstanceMethod<&EndpointWrap::SetReferenced>("setReferenced"),
                           InstanceMethod<&EndpointWrap::LocalAddress>("localAddress"),
                           InstanceMethod<&EndpointWrap::Statistics>("statistics")}));
}

// new Endpoint(options, onEvent)
EndpointWrap::EndpointWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EndpointWrap>(info), environment_(&Environment::Of(info.Env())) {
  const auto env = info.Env();
  std::string problem;
  const auto options = ReadUdpOptions(info[0].As<Napi::Object>(), &problem);
  if (!problem.empty()) {
    Napi::TypeError::New(env, problem).ThrowAsJavaScriptException();
    return;
  }
  auto endpoint = std::make_shared<Endpoint>(environment_->loop(), environment_->buffers(), this);
  const int error = endpoint->Open(options);
  if (error != 0) {
    environment_->Remove(endpoint);
    auto failure = Napi::Error::New(env, std::strerror(error));
    failure.Set("errno", Napi::Number::New(env, -error));
    failure.ThrowAsJavaScriptException();
    return;
  }
  endpoint_ = std::move(endpoint);
  remote_ = options.connect;
  environment_->Add(endpoint_);
  context_ = std::make_unique<Napi::AsyncContext>(env, "QUICENDPOINT");
  on_event_ = Napi::Persistent(info[1].As<Napi::Function>());
  // Kept by the loop while it is open, like a socket of Node's own.
  Ref();
  is_kept_ = true;
}

EndpointWrap::~EndpointWrap() {
  if (endpoint_ != nullptr) endpoint_->set_observer(nullptr);
}

void EndpointWrap::LetGo() {
  if (endpoint_ != nullptr) {
    endpoint_->set_observer(nullptr);
    environment_->Remove(endpoint_);
    endpoint_.reset();
  }
  if (is_kept_) {
    is_kept_ = false;
    Unref();
  }
}

void EndpointWrap::OnIncoming(std::shared_ptr<Peer> peer) {
  const auto env = Env();
  Napi::HandleScope scope(env);
  const auto connection = ConnectionWrap::New(env, endpoint_, std::move(peer));
  if (!connection.IsEmpty()) environment_->Call(on_event_, *context_, {connection});
}

void EndpointWrap::OnEndpointError(int) {}

void EndpointWrap::OnIdle() {
  const auto env = Env();
  Napi::HandleScope scope(env);
  [[maybe_unused]] const Napi::Value self = Value();
  LetGo();
  environment_->Call(on_event_, *context_, {env.Undefined()});
}

// connect(options): Connection
Napi::Value EndpointWrap::Connect(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  if (endpoint_ == nullptr) return env.Undefined();
  std::string error;
  auto peer = endpoint_->Connect(ReadConnectionOptions(info[0].As<Napi::Object>(), false), remote_, &error);
  if (peer == nullptr) {
    Napi::Error::New(env, error).ThrowAsJavaScriptException();
    return env.Undefined();
  }
  return ConnectionWrap::New(env, endpoint_, std::move(peer));
}

Napi::Value EndpointWrap::Listen(const Napi::CallbackInfo& info) {
  if (endpoint_ != nullptr) endpoint_->Listen(ReadServerOptions(info[0].As<Napi::Object>()));
  return info.Env().Undefined();
}

Napi::Value EndpointWrap::StopListening(const Napi::CallbackInfo& info) {
  if (endpoint_ != nullptr) endpoint_->StopListening();
  return info.Env().Undefined();
}

Napi::Value EndpointWrap::Close(const Napi::CallbackInfo& info) {
  LetGo();
  return info.Env().Undefined();
}

Napi::Value EndpointWrap::SetReferenced(const Napi::CallbackInfo& info) {
  if (endpoint_ != nullptr) endpoint_->SetReferenced(nullptr, info[0].ToBoolean().Value());
  return info.Env().Undefined();
}

Napi::Value EndpointWrap::LocalAddress(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  if (endpoint_ == nullptr) return env.Undefined();
  auto result = Napi::Object::New(env);
  result.Set("address", endpoint_->local().host());
  result.Set("port", endpoint_->local().port());
  return result;
}

Napi::Value EndpointWrap::Statistics(const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  if (endpoint_ == nullptr) return result;
  const auto& numbers = endpoint_->socket().statistics();
  result.Set("datagramsReceived", static_cast<double>(numbers.received_datagrams));
  result.Set("receiveCalls", static_cast<double>(numbers.receive_calls));
  result.Set("datagramsSent", static_cast<double>(numbers.sent_datagrams));
  result.Set("sendCalls", static_cast<double>(numbers.send_calls));
  result.Set("bytesReceived", static_cast<double>(numbers.bytes_received));
  result.Set("bytesSent", static_cast<double>(numbers.bytes_sent));
  result.Set("usesGso", endpoint_->socket().uses_gso());
  result.Set("usesGro", endpoint_->socket().uses_gro());
  result.Set("connections", static_cast<double>(endpoint_->connections()));
  return result;
}

}  // namespace quic
