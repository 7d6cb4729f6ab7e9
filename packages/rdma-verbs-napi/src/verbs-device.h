#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connection.h"
#include "verbs-library.h"

namespace rdma {

class VerbsRegion final : public Region {
 public:
  VerbsRegion(Memory memory, unsigned access, std::shared_ptr<ibv_pd> pd, ibv_mr* mr);
  ~VerbsRegion() override;
  ibv_mr* mr() const { return mr_; }

 private:
  std::shared_ptr<ibv_pd> pd_;
  ibv_mr* mr_;
};

class VerbsWindow final : public Window {
 public:
  VerbsWindow(std::shared_ptr<ibv_pd> pd, ibv_mw* mw) : pd_(std::move(pd)), mw_(mw) { key = mw->rkey; }
  ~VerbsWindow() override { ibv_dealloc_mw(mw_); }
  ibv_mw* mw() const { return mw_; }

 private:
  std::shared_ptr<ibv_pd> pd_;
  ibv_mw* mw_;
};

// The protection domain of one connection: no other peer reaches what is in it. The context is
// librdmacm's, which opens each device once for the process. The device has the domain until the last
// region and window of it are gone.
class VerbsDomain final : public Domain {
 public:
  explicit VerbsDomain(ibv_pd* pd);
  ~VerbsDomain() override { Clear(); }
  ibv_pd* pd() const { return pd_.get(); }

 protected:
  Problem MakeRegion(Memory memory, unsigned access, std::shared_ptr<Region>* result) override;
  Problem MakeWindow(std::shared_ptr<Window>* result) override;

 private:
  std::shared_ptr<ibv_pd> pd_;
};

// An asynchronous event, of a queue pair or of a port.
struct DeviceEvent {
  ibv_event_type type;
  uint32_t queue_pair = 0;
  int port = 0;
};

// A device in one environment: its limits, its protection domains, and its asynchronous events.
// The descriptor for these is the process's: whichever environment reads one passes it on to all.
class VerbsDevice {
 public:
  using Sink = std::function<void(const DeviceEvent&)>;

  VerbsDevice(Loop& loop, ibv_context* context, Sink sink);
  ~VerbsDevice();
  VerbsDevice(const VerbsDevice&) = delete;
  VerbsDevice& operator=(const VerbsDevice&) = delete;

  ibv_context* context() const { return context_; }
  const ibv_device_attr& limits() const { return limits_; }
  std::string name() const { return Verbs().ibv_get_device_name(context_->device); }
  // Of the flags of a receive: that a key was invalidated.
  unsigned invalidated_bits() const;
  bool is_iwarp() const { return context_->device->transport_type == IBV_TRANSPORT_IWARP; }
  // A new one; null with errno where the device gives none.
  std::shared_ptr<VerbsDomain> MakeDomain();

 private:
  void ReadEvents();
  void TakeEvents();

  Loop& loop_;
  ibv_context* context_;
  Sink sink_;
  ibv_device_attr limits_{};
  Domains domains_;
  Poll poll_;
  // Woken by other environments; what they leave is guarded.
  int wake_fd_ = -1;
  Poll wake_;
  std::mutex mutex_;
  std::vector<DeviceEvent> events_;
};

void SetNonBlocking(int fd);

}  // namespace rdma
