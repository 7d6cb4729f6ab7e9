#include "timer.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace quic {

uint64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

Timer::Timer(uv_loop_t* loop, std::function<void()> expired)
    : poll_(loop, [this](int, int) { OnReadable(); }), expired_(std::move(expired)) {}

int Timer::Open() {
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return errno;
  const int error = poll_.Open(fd);
  if (error != 0) return error;
  poll_.Unref();
  poll_.Watch(UV_READABLE);
  return 0;
}

void Timer::OnReadable() {
  uint64_t count = 0;
  if (read(poll_.fd(), &count, sizeof(count)) < 0 && errno == EAGAIN) return;
  when_ = UINT64_MAX;
  expired_();
}

void Timer::Set(uint64_t when) {
  if (poll_.fd() < 0 || when == when_) return;
  when_ = when;
  itimerspec setting{};
  if (when != UINT64_MAX) {
    const uint64_t at = when == 0 ? 1 : when;
    setting.it_value.tv_sec = static_cast<time_t>(at / 1'000'000'000);
    setting.it_value.tv_nsec = static_cast<long>(at % 1'000'000'000);
  }
  timerfd_settime(poll_.fd(), TFD_TIMER_ABSTIME, &setting, nullptr);
}

}  // namespace quic
