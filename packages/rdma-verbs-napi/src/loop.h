#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace rdma {

// The event loop of one environment and how many handles are open in it.
class Loop {
 public:
  explicit Loop(uv_loop_t* loop);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uv_loop_t* get() const { return loop_; }
  // Calls `work` in the next turn of the loop, never from inside of this call.
  void Defer(std::function<void()> work);
  // Nothing is opened or deferred from here on; `done` is called once every handle is closed.
  void Close(std::function<void()> done);
  bool is_closing() const { return is_closing_; }

  // Does what may block on another thread, then `done` on this one.
  void Work(std::function<void()> work, std::function<void()> done);

  void Opened() { handles_ += 1; }
  void Closed();

 private:
  void RunDeferred();

  uv_loop_t* loop_;
  uv_idle_t* idle_;
  size_t handles_ = 0;
  bool is_closing_ = false;
  std::vector<std::function<void()>> deferred_;
  std::function<void()> done_;
};

// Waits for a descriptor, which stays its owner's.
class Poll {
 public:
  Poll() = default;
  ~Poll() { Close(); }
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  // 0 or an errno. It does not keep the loop alive until Ref.
  int Open(Loop& loop, int fd, std::function<void(int events)> ready);
  void Start(int events);
  void Stop();
  void SetReferenced(bool is_referenced);
  void Close();
  bool is_open() const { return handle_ != nullptr; }

 private:
  struct Handle;
  Handle* handle_ = nullptr;
};

// Goes off once.
class Timer {
 public:
  Timer() = default;
  ~Timer() { Close(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void Start(Loop& loop, uint64_t milliseconds, std::function<void()> expired);
  void Close();
  bool is_running() const { return handle_ != nullptr; }

 private:
  struct Handle;
  Handle* handle_ = nullptr;
};

}  // namespace rdma
