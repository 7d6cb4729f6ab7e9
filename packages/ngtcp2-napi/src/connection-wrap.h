#pragma once

#include <napi.h>

#include <memory>

#include "endpoint.h"
#include "environment.h"

namespace quic {

// A connection as an object of JavaScript. It keeps itself alive until it has told of its end.
class ConnectionWrap final : public Napi::ObjectWrap<ConnectionWrap>, public PeerObserver {
 public:
  static void Register(Napi::Env env);
  static Napi::Object New(Napi::Env env, std::shared_ptr<Endpoint> endpoint, std::shared_ptr<Peer> peer);
  explicit ConnectionWrap(const Napi::CallbackInfo& info);
  ~ConnectionWrap() override;

  // Lets go of everything native: the environment ends.
  void Detach();

  void OnTargetFull() override;
  void OnProgress() override;

 private:
  Napi::Value Attach(const Napi::CallbackInfo& info);
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value StreamId(const Napi::CallbackInfo& info);
  Napi::Value Write(const Napi::CallbackInfo& info);
  Napi::Value End(const Napi::CallbackInfo& info);
  Napi::Value ResetStream(const Napi::CallbackInfo& info);
  Napi::Value StopSending(const Napi::CallbackInfo& info);
  Napi::Value SetTarget(const Napi::CallbackInfo& info);
  Napi::Value Release(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value Destroy(const Napi::CallbackInfo& info);
  Napi::Value UpdateKeys(const Napi::CallbackInfo& info);
  Napi::Value SetReferenced(const Napi::CallbackInfo& info);
  Napi::Value Info(const Napi::CallbackInfo& info);
  Napi::Value Counters(const Napi::CallbackInfo& info);
  Napi::Value VerificationResult(const Napi::CallbackInfo& info);
  Napi::Value CloseReasonObject(const Napi::CallbackInfo& info);

  Stream* FindStream(const Napi::CallbackInfo& info);
  void Wake();
  void DeliverNews();
  void DeliverStream(uint32_t key);
  void DeliverEvent(const Event& event);
  void DeliverEvents(std::vector<Event>& events, bool ending);

  Environment* environment_ = nullptr;
  std::shared_ptr<Endpoint> endpoint_;
  std::shared_ptr<Peer> peer_;
  std::unique_ptr<Napi::AsyncContext> context_;
  Napi::FunctionReference on_event_;
  Napi::FunctionReference on_fill_;
  bool is_kept_ = false;
};

}  // namespace quic
