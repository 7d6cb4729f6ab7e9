#pragma once

#include <uv.h>

#include <functional>

namespace quic {

// A file descriptor that the event loop watches. It is owned from here on, and closed only when the
// loop has let go of it.
class PollHandle {
 public:
  // `status` is 0 or an error of libuv, which stops watching then.
  using Callback = std::function<void(int status, int events)>;

  PollHandle(uv_loop_t* loop, Callback callback);
  ~PollHandle();
  PollHandle(const PollHandle&) = delete;
  PollHandle& operator=(const PollHandle&) = delete;

  // 0 or an errno; the descriptor is taken over in either case.
  int Open(int fd);
  // UV_READABLE, UV_WRITABLE.
  void Watch(int events);
  // Whether it keeps the loop alive; it does until told otherwise.
  void Ref();
  void Unref();
  // `done` is called once the loop has let go of it, or at once where it never had it.
  void Close(std::function<void()> done);

  int fd() const { return fd_; }

 private:
  uv_loop_t* loop_;
  Callback callback_;
  int fd_ = -1;
  uv_poll_t* poll_ = nullptr;
};

}  // namespace quic
