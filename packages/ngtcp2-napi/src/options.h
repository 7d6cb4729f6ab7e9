#pragma once

#include <napi.h>

#include <memory>

#include "endpoint.h"
#include "tls-context.h"

namespace quic {

// Everything that comes here was checked and completed by lib/: properties of the wrong type are
// taken as absent.
TlsContextOptions ReadTlsContextOptions(const Napi::Object& object);
UdpOptions ReadUdpOptions(const Napi::Object& object, std::string* error);
ConnectionOptions ReadConnectionOptions(const Napi::Object& object, bool is_server);
ServerOptions ReadServerOptions(const Napi::Object& object);

// Trust and identity as an object of JavaScript.
class SecureContextWrap final : public Napi::ObjectWrap<SecureContextWrap> {
 public:
  static void Register(Napi::Env env, Napi::Object exports);
  explicit SecureContextWrap(const Napi::CallbackInfo& info);
  const std::shared_ptr<TlsContext>& context() const { return context_; }

 private:
  Napi::Value Trusted(const Napi::CallbackInfo& info);
  std::shared_ptr<TlsContext> context_;
};

}  // namespace quic
