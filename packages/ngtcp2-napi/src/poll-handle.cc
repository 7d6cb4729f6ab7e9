#include "poll-handle.h"

#include <unistd.h>

#include <memory>
#include <utility>

namespace quic {

PollHandle::PollHandle(uv_loop_t* loop, Callback callback) : loop_(loop), callback_(std::move(callback)) {}

PollHandle::~PollHandle() { Close(nullptr); }

int PollHandle::Open(int fd) {
  fd_ = fd;
  poll_ = new uv_poll_t;
  const int failure = uv_poll_init(loop_, poll_, fd);
  if (failure != 0) {
    delete std::exchange(poll_, nullptr);
    return -failure;
  }
  poll_->data = this;
  return 0;
}

void PollHandle::Watch(int events) {
  if (poll_ == nullptr) return;
  uv_poll_start(poll_, events, [](uv_poll_t* handle, int status, int ready) {
    static_cast<PollHandle*>(handle->data)->callback_(status, ready);
  });
}

void PollHandle::Ref() {
  if (poll_ != nullptr) uv_ref(reinterpret_cast<uv_handle_t*>(poll_));
}

void PollHandle::Unref() {
  if (poll_ != nullptr) uv_unref(reinterpret_cast<uv_handle_t*>(poll_));
}

void PollHandle::Close(std::function<void()> done) {
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
