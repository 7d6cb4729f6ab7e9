#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connection.h"
#include "verbs-library.h"

namespace rdma {

// The context of a device, which librdmacm opens once for the process. It closes that of a device which
// is gone as soon as no id leads there any more, and the next device may get the same address: an id of
// our own keeps it open as long as something of ours belongs to it.
class VerbsContext {
 public:
  // Of the device that an id leads to.
  explicit VerbsContext(const rdma_cm_id* id);
  ~VerbsContext();
  VerbsContext(const VerbsContext&) = delete;
  VerbsContext& operator=(const VerbsContext&) = delete;
  ibv_context* get() const { return context_; }
  // The kernel has taken the device away and reaches no memory by it; it refuses to say so of each region.
  std::atomic<bool> is_gone = false;

 private:
  ibv_context* context_;
  // Null where rdma_cm gives none.
  rdma_cm_id* keeper_ = nullptr;
};

// What a protection domain is to the library. It goes with the last region and window.
class ProtectionDomain {
 public:
  ProtectionDomain(std::shared_ptr<VerbsContext> context, ibv_pd* pd) : context_(std::move(context)), pd_(pd) {}
  ~ProtectionDomain() { Verbs().ibv_dealloc_pd(pd_); }
  ProtectionDomain(const ProtectionDomain&) = delete;
  ProtectionDomain& operator=(const ProtectionDomain&) = delete;
  ibv_pd* get() const { return pd_; }
  bool is_gone() const { return context_->is_gone; }

 private:
  std::shared_ptr<VerbsContext> context_;
  ibv_pd* pd_;
};

class VerbsRegion final : public Region {
 public:
  VerbsRegion(Memory memory, unsigned access, std::shared_ptr<ProtectionDomain> pd, ibv_mr* mr);
  ~VerbsRegion() override;
  ibv_mr* mr() const { return mr_; }

 private:
  std::shared_ptr<ProtectionDomain> pd_;
  ibv_mr* mr_;
};

class VerbsWindow final : public Window {
 public:
  VerbsWindow(std::shared_ptr<ProtectionDomain> pd, ibv_mw* mw) : pd_(std::move(pd)), mw_(mw) { key = mw->rkey; }
  ~VerbsWindow() override { VerbsWindow::Close(); }
  void Close() override {
    if (mw_ != nullptr) ibv_dealloc_mw(std::exchange(mw_, nullptr));
  }
  ibv_mw* mw() const { return mw_; }

 private:
  std::shared_ptr<ProtectionDomain> pd_;
  ibv_mw* mw_;
};

// The protection domain of one connection: no other peer reaches what is in it.
class VerbsDomain final : public Domain {
 public:
  explicit VerbsDomain(std::shared_ptr<ProtectionDomain> pd) : pd_(std::move(pd)) {}
  ~VerbsDomain() override { Clear(); }
  ibv_pd* pd() const { return pd_->get(); }

 protected:
  Problem MakeRegion(Memory memory, unsigned access, std::shared_ptr<Region>* result) override;
  Problem MakeWindow(std::shared_ptr<Window>* result) override;

 private:
  std::shared_ptr<ProtectionDomain> pd_;
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

  VerbsDevice(Loop& loop, std::shared_ptr<VerbsContext> context, Sink sink);
  ~VerbsDevice();
  VerbsDevice(const VerbsDevice&) = delete;
  VerbsDevice& operator=(const VerbsDevice&) = delete;

  const ibv_device_attr& limits() const { return limits_; }
  // Of the flags of a receive: that a key was invalidated.
  unsigned invalidated_bits() const;
  bool is_iwarp() const { return context_->get()->device->transport_type == IBV_TRANSPORT_IWARP; }
  // A new one; null with errno where the device gives none.
  std::shared_ptr<VerbsDomain> MakeDomain();

 private:
  void ReadEvents();
  void TakeEvents();

  Loop& loop_;
  std::shared_ptr<VerbsContext> context_;
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
