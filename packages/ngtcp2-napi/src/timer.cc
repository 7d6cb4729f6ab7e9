#include "timer.h"

#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace quic {

uint64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

Timer::Timer(uv_loop_t* loop, std::function<void()> expired) : loop_(loop), expired_(std::move(expired)) {}

Timer::~Timer() { Close(nullptr); }

int Timer::Open() {
  fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd_ < 0) return errno;
  poll_ = new uv_poll_t;
  const int failure = uv_poll_init(loop_, poll_, fd_);
  if (failure != 0) {
    delete poll_;
    poll_ = nullptr;
    return -failure;
  }
  poll_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(poll_));
  uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    auto* self = static_cast<Timer*>(handle->data);
    uint64_t count = 0;
    if (read(self->fd_, &count, sizeof(count)) < 0 && errno == EAGAIN) return;
    self->when_ = UINT64_MAX;
    self->expired_();
  });
  return 0;
}

void Timer::Set(uint64_t when) {
  if (fd_ < 0 || when == when_) return;
  when_ = when;
  itimerspec setting{};
  if (when != UINT64_MAX) {
    const uint64_t at = when == 0 ? 1 : when;
    setting.it_value.tv_sec = static_cast<time_t>(at / 1'000'000'000);
    setting.it_value.tv_nsec = static_cast<long>(at % 1'000'000'000);
  }
  timerfd_settime(fd_, TFD_TIMER_ABSTIME, &setting, nullptr);
}

void Timer::Close(std::function<void()> done) {
  const int fd = std::exchange(fd_, -1);
  if (poll_ == nullptr) {
    if (fd >= 0) close(fd);
    if (done) done();
    return;
  }
  uv_poll_stop(poll_);
  struct Closing {
    int fd;
    std::function<void()> done;
  };
  poll_->data = new Closing{fd, std::move(done)};
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(poll_, nullptr)), [](uv_handle_t* handle) {
    std::unique_ptr<Closing> closing(static_cast<Closing*>(handle->data));
    close(closing->fd);
    delete reinterpret_cast<uv_poll_t*>(handle);
    if (closing->done) closing->done();
  });
}

}  // namespace quic
