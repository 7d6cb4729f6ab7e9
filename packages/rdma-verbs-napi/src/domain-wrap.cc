#include "domain-wrap.h"

#include "environment.h"

namespace rdma {

void DomainWrap::Register(Napi::Env env) {
  auto constructor = DefineClass(
      env, "Domain",
      {InstanceMethod<&DomainWrap::Register>("register"), InstanceMethod<&DomainWrap::Allocate>("allocate"), InstanceMethod<&DomainWrap::CloseRegion>("closeRegion"),
       InstanceMethod<&DomainWrap::CreateWindow>("createWindow"),
       InstanceMethod<&DomainWrap::CloseWindow>("closeWindow")});
  Environment::Of(env).domain_constructor = Napi::Persistent(constructor);
}

Napi::Object DomainWrap::New(Napi::Env env, std::shared_ptr<Domain> domain) {
  auto object = Environment::Of(env).domain_constructor.New({});
  Unwrap(object)->domain_ = std::move(domain);
  return object;
}

// register(memory, access)
Napi::Value DomainWrap::Register(const Napi::CallbackInfo& info) {
  auto view = info[0].As<Napi::Uint8Array>();
  // Held until the device has let go: the garbage collector must not take the memory.
  auto holder = std::make_shared<Napi::Reference<Napi::ArrayBuffer>>(Napi::Persistent(view.ArrayBuffer()));
  Memory memory{std::move(holder), view.Data(), view.ByteLength()};
  return Describe(info.Env(), std::move(memory), info[1].ToNumber().Uint32Value(), view);
}

// allocate(byteLength, access)
Napi::Value DomainWrap::Allocate(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const auto size = static_cast<size_t>(info[0].ToNumber().Int64Value());
  auto pages = Pages::Make(size);
  if (pages == nullptr) {
    Throw(env, {"memory", "There is no memory for a region", ENOMEM});
    return {};
  }
  // The buffer and the region each keep the pages: neither can outlive them.
  auto* kept = new std::shared_ptr<Pages>(pages);
  auto buffer = Napi::ArrayBuffer::New(
      env, pages->data(), size, [](Napi::Env, void*, std::shared_ptr<Pages>* held) { delete held; }, kept);
  if (buffer.IsEmpty()) {
    delete kept;
    return {};
  }
  auto* data = pages->data();
  auto view = Napi::Uint8Array::New(env, size, buffer, 0);
  return Describe(env, {std::move(pages), data, size}, info[1].ToNumber().Uint32Value(), view);
}

Napi::Value DomainWrap::Describe(Napi::Env env, Memory memory, unsigned access, Napi::Uint8Array view) {
  std::shared_ptr<Region> region;
  const Problem problem = domain_->Register(std::move(memory), access, &region);
  if (problem) {
    Throw(env, problem);
    return {};
  }
  auto result = Napi::Object::New(env);
  result.Set("id", Napi::Number::New(env, region->id));
  result.Set("memory", view);
  result.Set("addressHigh", Napi::Number::New(env, static_cast<uint32_t>(region->address() >> 32)));
  result.Set("addressLow", Napi::Number::New(env, static_cast<uint32_t>(region->address())));
  result.Set("localKey", Napi::Number::New(env, region->local_key));
  result.Set("remoteKey", Napi::Number::New(env, region->remote_key));
  return result;
}

Napi::Value DomainWrap::CloseRegion(const Napi::CallbackInfo& info) {
  domain_->CloseRegion(info[0].ToNumber().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value DomainWrap::CreateWindow(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  std::shared_ptr<Window> window;
  const Problem problem = domain_->CreateWindow(&window);
  if (problem) {
    Throw(env, problem);
    return {};
  }
  auto result = Napi::Array::New(env, 2);
  result.Set(0u, window->id);
  result.Set(1u, window->key);
  return result;
}

Napi::Value DomainWrap::CloseWindow(const Napi::CallbackInfo& info) {
  domain_->CloseWindow(info[0].ToNumber().Uint32Value());
  return info.Env().Undefined();
}

}  // namespace rdma
