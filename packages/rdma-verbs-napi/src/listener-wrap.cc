#include "listener-wrap.h"

#include <utility>

#include "connection-wrap.h"

namespace rdma {

void ListenerWrap::Register(Napi::Env env) {
  auto constructor = DefineClass(
      env, "Listener",
      {InstanceMethod<&ListenerWrap::Close>("close"), InstanceAccessor<&ListenerWrap::Address>("address"),
       InstanceAccessor<&ListenerWrap::Port>("port")});
  Environment::Of(env).listener_constructor = Napi::Persistent(constructor);
}

Napi::Value ListenerWrap::New(Napi::Env env, Provider& provider, const Napi::CallbackInfo& info) {
  auto& environment = Environment::Of(env);
  auto object = environment.listener_constructor.New({});
  auto* self = Unwrap(object);
  const Problem problem = provider.Listen(
      info[0].ToString().Utf8Value(), static_cast<uint16_t>(info[1].ToNumber().Uint32Value()),
      info[2].ToNumber().Int32Value(),
      [self](std::shared_ptr<Connection> connection) { self->OnIncoming(std::move(connection)); },
      &self->listener_);
  if (problem) {
    Throw(env, problem);
    return {};
  }
  self->incoming_ = Napi::Persistent(info[3].As<Napi::Function>());
  self->context_ = std::make_unique<Napi::AsyncContext>(env, "RDMALISTENER");
  // Kept by the loop while it listens.
  self->Ref();
  self->is_kept_ = true;
  environment.Add(self);
  return object;
}

ListenerWrap::ListenerWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ListenerWrap>(info), environment_(&Environment::Of(info.Env())) {}

ListenerWrap::~ListenerWrap() {
  if (listener_ != nullptr) listener_->Close();
}

void ListenerWrap::Detach() {
  if (listener_ != nullptr) listener_->Close();
  listener_.reset();
}

void ListenerWrap::OnIncoming(std::shared_ptr<Connection> connection) {
  const auto env = Env();
  Napi::HandleScope scope(env);
  std::erase_if(requests_, [](const auto& request) { return request.expired(); });
  requests_.push_back(connection);
  const auto object = ConnectionWrap::New(env, std::move(connection));
  environment_->Call(incoming_, *context_, {object});
}

Napi::Value ListenerWrap::Close(const Napi::CallbackInfo& info) {
  if (listener_ == nullptr) return info.Env().Undefined();
  Detach();
  for (const auto& request : std::exchange(requests_, {})) {
    const auto connection = request.lock();
    if (connection != nullptr && connection->is_connecting() && !connection->is_answered()) connection->Reject({});
  }
  environment_->Remove(this);
  is_kept_ = false;
  // It may reach this object, which then would never be collected.
  incoming_.Reset();
  Unref();
  return info.Env().Undefined();
}

Napi::Value ListenerWrap::Address(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), listener_ == nullptr ? "" : listener_->address());
}

Napi::Value ListenerWrap::Port(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), listener_ == nullptr ? 0 : listener_->port());
}

}  // namespace rdma
