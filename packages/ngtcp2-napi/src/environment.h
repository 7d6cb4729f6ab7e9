#pragma once

#include <napi.h>

#include <memory>
#include <unordered_set>

#include "endpoint.h"

namespace quic {

class ConnectionWrap;

// What one JavaScript environment (the main thread or a worker) has of its own.
class Environment {
 public:
  explicit Environment(Napi::Env env);
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  uv_loop_t* loop() const { return loop_; }
  const std::shared_ptr<DatagramBuffers>& buffers() const { return buffers_; }
  bool is_closing() const { return is_closing_; }

  void Add(std::shared_ptr<Endpoint> endpoint) { endpoints_.insert(std::move(endpoint)); }
  // Closes an endpoint and lets go of it once the loop has.
  void Remove(const std::shared_ptr<Endpoint>& endpoint);
  void Add(ConnectionWrap* wrap) { connections_.insert(wrap); }
  void Remove(ConnectionWrap* wrap) { connections_.erase(wrap); }
  // Tells every peer that we leave, without waiting: for the end of the process.
  void CloseAll();

  // Calls into JavaScript from the event loop; what it throws becomes an uncaught exception.
  Napi::Value Call(const Napi::FunctionReference& function, const Napi::AsyncContext& context,
                   std::initializer_list<napi_value> arguments);

  Napi::FunctionReference connection_constructor;

 private:
  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);
  void FinishCleanup();

  Napi::Env env_;
  uv_loop_t* loop_ = nullptr;
  std::shared_ptr<DatagramBuffers> buffers_ = std::make_shared<DatagramBuffers>();
  std::unordered_set<std::shared_ptr<Endpoint>> endpoints_;
  std::unordered_set<ConnectionWrap*> connections_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool is_closing_ = false;
};

}  // namespace quic
