#include <napi.h>

#include <utility>

#include "connection-wrap.h"
#include "domain-wrap.h"
#include "environment.h"
#include "listener-wrap.h"
#include "provider-wrap.h"
#include "test-provider.h"
#include "verbs-provider.h"

namespace rdma {

Environment::Environment(Napi::Env env) : env_(env) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  loop_ = std::make_unique<Loop>(loop);
  test_ = std::make_unique<TestProvider>(*loop_);
  verbs_ = MakeVerbsProvider(*loop_);
  napi_add_async_cleanup_hook(env, OnCleanup, this, &cleanup_);
}

// Queue pairs first, then what they belong to; the environment goes on when the loop has let go.
void Environment::OnCleanup(napi_async_cleanup_hook_handle, void* data) {
  auto* self = static_cast<Environment*>(data);
  self->is_closing_ = true;
  for (auto* wrap : std::exchange(self->listeners_, {})) wrap->Detach();
  for (auto* wrap : std::exchange(self->connections_, {})) wrap->Detach();
  self->test_->Close();
  self->verbs_->Close();
  self->loop_->Close([self] { napi_remove_async_cleanup_hook(std::exchange(self->cleanup_, nullptr)); });
}

void Environment::Call(const Napi::FunctionReference& function, const Napi::AsyncContext& context,
                       std::initializer_list<napi_value> arguments) {
  if (is_closing_ || function.IsEmpty()) return;
  Napi::HandleScope scope(env_);
  napi_value receiver = nullptr;
  napi_get_global(env_, &receiver);
  const napi_status status = napi_make_callback(env_, context, receiver, function.Value(), arguments.size(),
                                                std::data(arguments), nullptr);
  if (status == napi_ok) return;
  napi_value error = nullptr;
  bool is_pending = false;
  napi_is_exception_pending(env_, &is_pending);
  if (is_pending && napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
}

void Throw(Napi::Env env, const Problem& problem) {
  auto error = Napi::Error::New(env, problem.words);
  error.Set("kind", Napi::String::New(env, problem.kind));
  if (problem.error != 0) error.Set("errno", Napi::Number::New(env, problem.error));
  error.ThrowAsJavaScriptException();
}

}  // namespace rdma

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new rdma::Environment(env));
  rdma::ConnectionWrap::Register(env);
  rdma::DomainWrap::Register(env);
  rdma::ListenerWrap::Register(env);
  auto& environment = rdma::Environment::Of(env);
  exports.Set("verbs", rdma::MakeProviderObject(env, environment.verbs()));
  exports.Set("test", rdma::MakeProviderObject(env, environment.test()));
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)
