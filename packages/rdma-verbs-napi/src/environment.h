#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>
#include <unordered_set>

#include "connection.h"

namespace rdma {

class ConnectionWrap;
class ListenerWrap;

// What one JavaScript environment (the main thread or a worker) has of its own.
class Environment {
 public:
  explicit Environment(Napi::Env env);
  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  Loop& loop() { return *loop_; }
  Provider& test() { return *test_; }
  Provider& verbs() { return *verbs_; }
  bool is_closing() const { return is_closing_; }

  void Add(ConnectionWrap* wrap) { connections_.insert(wrap); }
  void Remove(ConnectionWrap* wrap) { connections_.erase(wrap); }
  void Add(ListenerWrap* wrap) { listeners_.insert(wrap); }
  void Remove(ListenerWrap* wrap) { listeners_.erase(wrap); }

  // Calls into JavaScript from the event loop; what it throws becomes an uncaught exception.
  void Call(const Napi::FunctionReference& function, const Napi::AsyncContext& context,
            std::initializer_list<napi_value> arguments);

  Napi::FunctionReference connection_constructor;
  Napi::FunctionReference listener_constructor;
  Napi::FunctionReference domain_constructor;

 private:
  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);

  Napi::Env env_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Provider> test_;
  std::unique_ptr<Provider> verbs_;
  std::unordered_set<ConnectionWrap*> connections_;
  std::unordered_set<ListenerWrap*> listeners_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool is_closing_ = false;
};

// Throws what lib/failures.ts makes an RdmaError of.
void Throw(Napi::Env env, const Problem& problem);

}  // namespace rdma
