#pragma once

#include <napi.h>

#include <memory>

#include "endpoint.h"
#include "environment.h"

namespace quic {

// A UDP socket with connections as an object of JavaScript.
class EndpointWrap final : public Napi::ObjectWrap<EndpointWrap>, public EndpointObserver {
 public:
  static void Register(Napi::Env env, Napi::Object exports);
  explicit EndpointWrap(const Napi::CallbackInfo& info);
  ~EndpointWrap() override;

  void OnIncoming(std::shared_ptr<Peer> peer) override;
  void OnEndpointError(int error) override;
  void OnIdle() override;

 private:
  Napi::Value Connect(const Napi::CallbackInfo& info);
  Napi::Value Listen(const Napi::CallbackInfo& info);
  Napi::Value StopListening(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value SetReferenced(const Napi::CallbackInfo& info);
  Napi::Value LocalAddress(const Napi::CallbackInfo& info);
  Napi::Value Statistics(const Napi::CallbackInfo& info);
  void LetGo();

  Environment* environment_;
  std::shared_ptr<Endpoint> endpoint_;
  std::unique_ptr<Napi::AsyncContext> context_;
  // event(incoming: Connection | undefined): undefined tells that the endpoint is closed.
  Napi::FunctionReference on_event_;
  Address remote_;
  bool is_kept_ = false;
};

}  // namespace quic
