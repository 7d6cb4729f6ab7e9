#include "provider-wrap.h"

#include "connection-wrap.h"
#include "environment.h"
#include "listener-wrap.h"

namespace rdma {

namespace {

Provider& ProviderOf(const Napi::CallbackInfo& info) { return *static_cast<Provider*>(info.Data()); }

Napi::Value Unavailable(const Napi::CallbackInfo& info) {
  const std::string reason = ProviderOf(info).Unavailable();
  if (reason.empty()) return info.Env().Undefined();
  return Napi::String::New(info.Env(), reason);
}

Napi::Value Devices(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  auto result = Napi::Array::New(env);
  for (const auto& device : ProviderOf(info).Devices()) {
    auto entry = Napi::Object::New(env);
    entry.Set("name", device.name);
    if (!device.problem.empty()) entry.Set("problem", device.problem);
    auto limits = Napi::Array::New(env);
    for (const double limit : device.limits) limits.Set(limits.Length(), limit);
    entry.Set("limits", limits);
    entry.Set("maxRegionSize", Napi::BigInt::New(env, device.max_region_size));
    entry.Set("firmware", device.firmware);
    result.Set(result.Length(), entry);
  }
  return result;
}

// resolve(address, port, localAddress, timeoutMs): Connection
Napi::Value Resolve(const Napi::CallbackInfo& info) {
  std::shared_ptr<Connection> connection;
  const Problem problem = ProviderOf(info).Resolve(
      info[0].ToString().Utf8Value(), static_cast<uint16_t>(info[1].ToNumber().Uint32Value()),
      info[2].ToString().Utf8Value(), info[3].ToNumber().Int32Value(), &connection);
  if (problem) {
    Throw(info.Env(), problem);
    return {};
  }
  return ConnectionWrap::New(info.Env(), std::move(connection));
}

// listen(address, port, backlog, incoming): Listener
Napi::Value Listen(const Napi::CallbackInfo& info) {
  return ListenerWrap::New(info.Env(), ProviderOf(info), info);
}

}  // namespace

Napi::Object MakeProviderObject(Napi::Env env, Provider& provider) {
  auto object = Napi::Object::New(env);
  object.Set("unavailable", Napi::Function::New<Unavailable>(env, "unavailable", &provider));
  object.Set("devices", Napi::Function::New<Devices>(env, "devices", &provider));
  object.Set("resolve", Napi::Function::New<Resolve>(env, "resolve", &provider));
  object.Set("listen", Napi::Function::New<Listen>(env, "listen", &provider));
  return object;
}

}  // namespace rdma
