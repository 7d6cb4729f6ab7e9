#if __has_include(<rdma/rdma_cma.h>)

#include "verbs-device.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace rdma {

namespace {

// Every device object of every environment of this process.
std::mutex all_mutex;
std::vector<VerbsDevice*> all_devices;

// vendor_id of rdma_rxe.
constexpr uint32_t kSoftRoce = 0xffffff;

std::string MemoryLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return "unlimited";
  return std::to_string(limit.rlim_cur / 1024) + " KiB";
}

}  // namespace

void SetNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

VerbsRegion::VerbsRegion(Memory memory, unsigned access, std::shared_ptr<ibv_pd> pd, ibv_mr* mr)
    : Region(std::move(memory), access), pd_(std::move(pd)), mr_(mr) {
  local_key = mr->lkey;
  remote_key = mr->rkey;
}

VerbsRegion::~VerbsRegion() {
  if (Verbs().ibv_dereg_mr(mr_) == 0) return;
  // The device still has it: its memory must never be used for anything else.
  new std::shared_ptr<void>(std::move(memory_.owner));
}

VerbsDomain::VerbsDomain(ibv_pd* pd) : pd_(pd, [](ibv_pd* gone) { Verbs().ibv_dealloc_pd(gone); }) {}

Problem VerbsDomain::MakeRegion(Memory memory, unsigned access, std::shared_ptr<Region>* result) {
  ibv_mr* mr = Verbs().register_memory(pd_.get(), memory.data, memory.size, static_cast<int>(access));
  if (mr != nullptr) {
    *result = std::make_shared<VerbsRegion>(std::move(memory), access, pd_, mr);
    return {};
  }
  const int error = errno;
  const std::string what = std::to_string(memory.size) + " bytes of memory cannot be registered";
  if (error != ENOMEM && error != EAGAIN) return {"memory", what, error};
  return {"memory-lock-limit", what + ": RLIMIT_MEMLOCK is " + MemoryLimit() + " (ulimit -l)", error};
}

Problem VerbsDomain::MakeWindow(std::shared_ptr<Window>* result) {
  ibv_mw* mw = ibv_alloc_mw(pd_.get(), IBV_MW_TYPE_2);
  if (mw == nullptr) return {"unsupported", "The device gives no memory window", errno};
  *result = std::make_shared<VerbsWindow>(pd_, mw);
  return {};
}

VerbsDevice::VerbsDevice(Loop& loop, ibv_context* context, Sink sink)
    : loop_(loop), context_(context), sink_(std::move(sink)) {
  Verbs().ibv_query_device(context, &limits_);
  SetNonBlocking(context->async_fd);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  // Never a reason to keep running.
  if (poll_.Open(loop_, context->async_fd, [this](int) { ReadEvents(); }) == 0) poll_.Start(UV_READABLE);
  if (wake_.Open(loop_, wake_fd_, [this](int) { TakeEvents(); }) == 0) wake_.Start(UV_READABLE);
  const std::lock_guard lock(all_mutex);
  all_devices.push_back(this);
}

VerbsDevice::~VerbsDevice() {
  {
    const std::lock_guard lock(all_mutex);
    std::erase(all_devices, this);
  }
  // What JavaScript still holds of the domains is empty from here on.
  domains_.Clear();
  wake_.Close();
  poll_.Close();
  if (wake_fd_ >= 0) close(wake_fd_);
}

unsigned VerbsDevice::invalidated_bits() const {
  // Soft-RoCE hands over the kernel's own bit, which user space calls IBV_WC_IP_CSUM_OK: of packets,
  // which a reliable queue pair has none of.
  return limits_.vendor_id == kSoftRoce ? IBV_WC_WITH_INV | IBV_WC_IP_CSUM_OK : IBV_WC_WITH_INV;
}

std::shared_ptr<VerbsDomain> VerbsDevice::MakeDomain() {
  ibv_pd* pd = Verbs().ibv_alloc_pd(context_);
  if (pd == nullptr) return nullptr;
  auto domain = std::make_shared<VerbsDomain>(pd);
  domains_.Add(domain);
  return domain;
}

void VerbsDevice::ReadEvents() {
  ibv_async_event event{};
  while (Verbs().ibv_get_async_event(context_, &event) == 0) {
    DeviceEvent read{event.event_type};
    switch (event.event_type) {
      case IBV_EVENT_QP_FATAL:
      case IBV_EVENT_QP_REQ_ERR:
      case IBV_EVENT_QP_ACCESS_ERR:
      case IBV_EVENT_COMM_EST:
      case IBV_EVENT_SQ_DRAINED:
      case IBV_EVENT_PATH_MIG:
      case IBV_EVENT_PATH_MIG_ERR:
      case IBV_EVENT_QP_LAST_WQE_REACHED:
        read.queue_pair = event.element.qp->qp_num;
        break;
      case IBV_EVENT_CQ_ERR:
      case IBV_EVENT_SRQ_ERR:
      case IBV_EVENT_SRQ_LIMIT_REACHED:
      case IBV_EVENT_DEVICE_FATAL:
        break;
      default:
        read.port = event.element.port_num;
        break;
    }
    Verbs().ibv_ack_async_event(&event);
    const std::lock_guard lock(all_mutex);
    for (auto* device : all_devices) {
      if (device->context_ != context_) continue;
      const std::lock_guard inner(device->mutex_);
      device->events_.push_back(read);
      const uint64_t one = 1;
      if (write(device->wake_fd_, &one, sizeof(one)) < 0) continue;
    }
  }
  // The device is gone, and its descriptor says so without end.
  if (errno != EAGAIN && errno != EINTR) poll_.Stop();
}

void VerbsDevice::TakeEvents() {
  uint64_t count = 0;
  if (read(wake_fd_, &count, sizeof(count)) < 0) return;
  std::vector<DeviceEvent> events;
  {
    const std::lock_guard lock(mutex_);
    events.swap(events_);
  }
  for (const auto& event : events) sink_(event);
}

}  // namespace rdma

#endif
