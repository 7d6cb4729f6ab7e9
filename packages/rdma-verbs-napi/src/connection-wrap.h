#pragma once

#include <napi.h>

#include <memory>

#include "environment.h"

namespace rdma {

// A connection as an object of JavaScript.
class ConnectionWrap final : public Napi::ObjectWrap<ConnectionWrap>, public Observer {
 public:
  static void Register(Napi::Env env);
  static Napi::Object New(Napi::Env env, std::shared_ptr<Connection> connection);
  explicit ConnectionWrap(const Napi::CallbackInfo& info);
  ~ConnectionWrap() override;

  void OnResolved() override;
  void OnEstablished(uint32_t initiator_depth, uint32_t responder_resources,
                     std::span<const uint8_t> private_data) override;
  void OnFailed(Failure failure, int code, std::span<const uint8_t> private_data) override;
  void OnCompletions(uint32_t count) override;
  void OnClosed(Failure failure, int code) override;
  void OnAsynchronous(int type, int port) override;
  // For the end of the environment.
  void Detach();

 private:
  Napi::Value Attach(const Napi::CallbackInfo& info);
  Napi::Value DeviceName(const Napi::CallbackInfo& info);
  Napi::Value DomainOf(const Napi::CallbackInfo& info);
  Napi::Value AddressesOf(const Napi::CallbackInfo& info);
  Napi::Value RequestOf(const Napi::CallbackInfo& info);
  Napi::Value Establish(const Napi::CallbackInfo& info);
  Napi::Value Reject(const Napi::CallbackInfo& info);
  Napi::Value Limits(const Napi::CallbackInfo& info);
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Submit(const Napi::CallbackInfo& info);
  Napi::Value Outstanding(const Napi::CallbackInfo& info);
  Napi::Value StatisticsOf(const Napi::CallbackInfo& info);
  Napi::Value Disconnect(const Napi::CallbackInfo& info);
  Napi::Value Destroy(const Napi::CallbackInfo& info);
  Napi::Value SetReferenced(const Napi::CallbackInfo& info);
  void Emit(int type, double first, double second, std::span<const uint8_t> bytes = {});
  // Nothing more comes: the garbage collector may have it.
  void LetGo();
  void Forget();

  Environment* environment_;
  std::shared_ptr<Connection> connection_;
  std::unique_ptr<Napi::AsyncContext> context_;
  // event(type, first, second, bytes)
  Napi::FunctionReference on_event_;
  // completions(count)
  Napi::FunctionReference on_completions_;
  Napi::Reference<Napi::Uint32Array> records_;
  bool is_kept_ = false;
  bool is_registered_ = false;
};

}  // namespace rdma
