#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

namespace quic {

// Nanoseconds of CLOCK_MONOTONIC.
uint64_t Now();

// A timer of nanoseconds, on timerfd: libuv's own have a millisecond's resolution, in which pacing
// would lose most of a fast path's rate. It never keeps the loop alive.
class Timer {
 public:
  Timer(uv_loop_t* loop, std::function<void()> expired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  int Open();
  // UINT64_MAX: never.
  void Set(uint64_t when);
  void Close(std::function<void()> done);

 private:
  uv_loop_t* loop_;
  std::function<void()> expired_;
  int fd_ = -1;
  uv_poll_t* poll_ = nullptr;
  uint64_t when_ = UINT64_MAX;
};

}  // namespace quic
