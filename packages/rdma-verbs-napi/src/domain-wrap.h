#pragma once

#include <napi.h>

#include <memory>

#include "memory.h"

namespace rdma {

class DomainWrap final : public Napi::ObjectWrap<DomainWrap> {
 public:
  static void Register(Napi::Env env);
  static Napi::Object New(Napi::Env env, std::shared_ptr<Domain> domain);
  explicit DomainWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DomainWrap>(info) {}

 private:
  Napi::Value Register(const Napi::CallbackInfo& info);
  Napi::Value Allocate(const Napi::CallbackInfo& info);
  Napi::Value CloseRegion(const Napi::CallbackInfo& info);
  Napi::Value CreateWindow(const Napi::CallbackInfo& info);
  Napi::Value CloseWindow(const Napi::CallbackInfo& info);
  Napi::Value Describe(Napi::Env env, Memory memory, unsigned access, Napi::Uint8Array view);

  std::shared_ptr<Domain> domain_;
};

}  // namespace rdma
