#include <napi.h>

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "connection-wrap.h"
#include "endpoint-wrap.h"
#include "environment.h"
#include "options.h"

namespace quic {

Environment::Environment(Napi::Env env) : env_(env) {
  napi_get_uv_event_loop(env, &loop_);
  napi_add_async_cleanup_hook(env, OnCleanup, this, &cleanup_);
}

void Environment::Remove(const std::shared_ptr<Endpoint>& endpoint) {
  // Held by its own closing until the loop has let go of its handles.
  const auto held = endpoint;
  endpoints_.insert(held);
  held->Close([this, held] {
    endpoints_.erase(held);
    if (is_closing_) FinishCleanup();
  });
}

void Environment::CloseAll() {
  for (const auto& endpoint : std::vector<std::shared_ptr<Endpoint>>(endpoints_.begin(), endpoints_.end())) {
    endpoint->set_observer(nullptr);
    if (!endpoint->is_closed()) Remove(endpoint);
  }
}

void Environment::OnCleanup(napi_async_cleanup_hook_handle, void* data) {
  auto* self = static_cast<Environment*>(data);
  self->is_closing_ = true;
  for (auto* wrap : std::exchange(self->connections_, {})) wrap->Detach();
  self->CloseAll();
  self->FinishCleanup();
}

void Environment::FinishCleanup() {
  if (endpoints_.empty() && cleanup_ != nullptr) napi_remove_async_cleanup_hook(std::exchange(cleanup_, nullptr));
}

Napi::Value Environment::Call(const Napi::FunctionReference& function, const Napi::AsyncContext& context,
                              std::initializer_list<napi_value> arguments) {
  if (is_closing_ || function.IsEmpty()) return {};
  Napi::EscapableHandleScope scope(env_);
  napi_value receiver = nullptr;
  napi_get_global(env_, &receiver);
  napi_value result = nullptr;
  const napi_status status = napi_make_callback(env_, context, receiver, function.Value(), arguments.size(),
                                                std::data(arguments), &result);
  buffers_->epoch += 1;
  if (status == napi_ok) return scope.Escape(result);
  napi_value error = nullptr;
  bool is_pending = false;
  napi_is_exception_pending(env_, &is_pending);
  if (is_pending && napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
  return {};
}

namespace {

Napi::Value CloseAll(const Napi::CallbackInfo& info) {
  Environment::Of(info.Env()).CloseAll();
  return info.Env().Undefined();
}

// What quic.ko calls its protocol; no header of the C library has it.
constexpr int kIpProtocolQuic = 261;

// 0 where the kernel gives QUIC sockets, else its errno.
Napi::Value ProbeKernelQuic(const Napi::CallbackInfo& info) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, kIpProtocolQuic);
  const int code = fd < 0 ? errno : 0;
  if (fd >= 0) close(fd);
  return Napi::Number::New(info.Env(), code);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment(env));
  SecureContextWrap::Register(env, exports);
  ConnectionWrap::Register(env);
  EndpointWrap::Register(env, exports);
  exports.Set("closeAll", Napi::Function::New<CloseAll>(env));
  exports.Set("probeKernelQuic", Napi::Function::New<ProbeKernelQuic>(env));
  exports.Set("ngtcp2Version", ngtcp2_version(0)->version_str);
  exports.Set("gnutlsVersion", gnutls_check_version(nullptr));
  return exports;
}

}  // namespace

}  // namespace quic

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) { return quic::Init(env, exports); }

NODE_API_MODULE(NODE_GYP_MODULE_NAME, InitModule)
