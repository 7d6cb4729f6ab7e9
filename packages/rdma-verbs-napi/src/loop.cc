#include "loop.h"

#include <utility>

namespace rdma {

Loop::Loop(uv_loop_t* loop) : loop_(loop), idle_(new uv_idle_t) {
  uv_idle_init(loop_, idle_);
  idle_->data = this;
  Opened();
}

void Loop::Defer(std::function<void()> work) {
  if (is_closing_) return;
  if (deferred_.empty()) {
    uv_idle_start(idle_, [](uv_idle_t* handle) { static_cast<Loop*>(handle->data)->RunDeferred(); });
  }
  deferred_.push_back(std::move(work));
}

void Loop::RunDeferred() {
  uv_idle_stop(idle_);
  for (const auto& work : std::exchange(deferred_, {})) work();
}

void Loop::Close(std::function<void()> done) {
  done_ = std::move(done);
  is_closing_ = true;
  deferred_.clear();
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(idle_, nullptr)), [](uv_handle_t* handle) {
    auto* self = static_cast<Loop*>(handle->data);
    delete reinterpret_cast<uv_idle_t*>(handle);
    self->Closed();
  });
}

void Loop::Closed() {
  handles_ -= 1;
  if (is_closing_ && handles_ == 0 && done_) std::exchange(done_, nullptr)();
}

void Loop::Work(std::function<void()> work, std::function<void()> done) {
  struct Request {
    uv_work_t work;
    Loop* loop;
    std::function<void()> run;
    std::function<void()> done;
  };
  auto* request = new Request{{}, this, std::move(work), std::move(done)};
  request->work.data = request;
  Opened();
  uv_queue_work(
      loop_, &request->work, [](uv_work_t* handle) { static_cast<Request*>(handle->data)->run(); },
      [](uv_work_t* handle, int) {
        std::unique_ptr<Request> ended(static_cast<Request*>(handle->data));
        // What it holds is let go of here, before the loop is told.
        ended->run = nullptr;
        std::exchange(ended->done, nullptr)();
        ended->loop->Closed();
      });
}

struct Poll::Handle {
  uv_poll_t poll;
  Loop* loop;
  // Shared, because what it calls may close this.
  std::shared_ptr<std::function<void(int)>> ready;
};

int Poll::Open(Loop& loop, int fd, std::function<void(int)> ready) {
  auto handle = std::make_unique<Handle>();
  handle->loop = &loop;
  handle->ready = std::make_shared<std::function<void(int)>>(std::move(ready));
  const int failure = uv_poll_init(loop.get(), &handle->poll, fd);
  if (failure != 0) return -failure;
  handle->poll.data = handle.get();
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle->poll));
  loop.Opened();
  handle_ = handle.release();
  return 0;
}

void Poll::Start(int events) {
  if (handle_ == nullptr) return;
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int events) {
    const auto ready = static_cast<Handle*>(poll->data)->ready;
    // A broken descriptor is for the reader to find out about.
    (*ready)(status < 0 ? UV_READABLE : events);
  });
}

void Poll::Stop() {
  if (handle_ != nullptr) uv_poll_stop(&handle_->poll);
}

void Poll::SetReferenced(bool is_referenced) {
  if (handle_ == nullptr) return;
  auto* handle = reinterpret_cast<uv_handle_t*>(&handle_->poll);
  is_referenced ? uv_ref(handle) : uv_unref(handle);
}

void Poll::Close() {
  if (handle_ == nullptr) return;
  uv_poll_stop(&handle_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&std::exchange(handle_, nullptr)->poll), [](uv_handle_t* closed) {
    std::unique_ptr<Handle> handle(static_cast<Handle*>(closed->data));
    handle->loop->Closed();
  });
}

struct Timer::Handle {
  uv_timer_t timer;
  Loop* loop;
  std::shared_ptr<std::function<void()>> expired;
};

void Timer::Start(Loop& loop, uint64_t milliseconds, std::function<void()> expired) {
  if (handle_ != nullptr) return;
  handle_ = new Handle{{}, &loop, std::make_shared<std::function<void()>>(std::move(expired))};
  uv_timer_init(loop.get(), &handle_->timer);
  handle_->timer.data = handle_;
  loop.Opened();
  uv_timer_start(
      &handle_->timer, [](uv_timer_t* timer) { (*std::shared_ptr(static_cast<Handle*>(timer->data)->expired))(); },
      milliseconds, 0);
}

void Timer::Close() {
  if (handle_ == nullptr) return;
  uv_timer_stop(&handle_->timer);
  uv_close(reinterpret_cast<uv_handle_t*>(&std::exchange(handle_, nullptr)->timer), [](uv_handle_t* closed) {
    std::unique_ptr<Handle> handle(static_cast<Handle*>(closed->data));
    handle->loop->Closed();
  });
}

}  // namespace rdma
