#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "environment.h"

namespace rdma {

class ListenerWrap final : public Napi::ObjectWrap<ListenerWrap> {
 public:
  static void Register(Napi::Env env);
  // listen(address, port, backlog, incoming)
  static Napi::Value New(Napi::Env env, Provider& provider, const Napi::CallbackInfo& info);
  explicit ListenerWrap(const Napi::CallbackInfo& info);
  ~ListenerWrap() override;

  void Detach();

 private:
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value Address(const Napi::CallbackInfo& info);
  Napi::Value Port(const Napi::CallbackInfo& info);
  void OnIncoming(std::shared_ptr<Connection> connection);

  Environment* environment_;
  std::shared_ptr<Listener> listener_;
  std::unique_ptr<Napi::AsyncContext> context_;
  Napi::FunctionReference incoming_;
  // Those that were handed over; who has not answered when we close is rejected.
  std::vector<std::weak_ptr<Connection>> requests_;
  bool is_kept_ = false;
};

}  // namespace rdma
