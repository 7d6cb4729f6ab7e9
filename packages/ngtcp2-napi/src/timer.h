#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

#include "poll-handle.h"

namespace quic {

// In nanoseconds.
constexpr uint64_t kMillisecond = 1'000'000;

// Nanoseconds of CLOCK_MONOTONIC.
uint64_t Now();

// A timer of nanoseconds, on timerfd: libuv's own have a millisecond's resolution, in which pacing
// would lose most of a fast path's rate. It never keeps the loop alive.
class Timer {
 public:
  Timer(uv_loop_t* loop, std::function<void()> expired);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  int Open();
  // UINT64_MAX: never.
  void Set(uint64_t when);
  // `done` is called once the loop has let go of the handle.
  void Close(std::function<void()> done) { poll_.Close(std::move(done)); }

 private:
  void OnReadable();

  PollHandle poll_;
  std::function<void()> expired_;
  uint64_t when_ = UINT64_MAX;
};

}  // namespace quic
