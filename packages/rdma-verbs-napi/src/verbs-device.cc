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

VerbsContext::VerbsContext(const rdma_cm_id* id) : context_(id->verbs) {
  // Without a channel it gets one of its own, and may outlive others'.
  if (Verbs().rdma_create_id(nullptr, &keeper_, nullptr, RDMA_PS_TCP) != 0) {
    keeper_ = nullptr;
    return;
  }
  sockaddr_storage own = id->route.addr.src_storage;
  if (own.ss_family == AF_INET) reinterpret_cast<sockaddr_in*>(&own)->sin_port = 0;
  else reinterpret_cast<sockaddr_in6*>(&own)->sin6_port = 0;
  if (Verbs().rdma_bind_addr(keeper_, reinterpret_cast<sockaddr*>(&own)) == 0 && keeper_->verbs == context_) return;
  Verbs().rdma_destroy_id(std::exchange(keeper_, nullptr));
}

VerbsContext::~VerbsContext() {
  if (keeper_ != nullptr) Verbs().rdma_destroy_id(keeper_);
}

VerbsRegion::VerbsRegion(Memory memory, unsigned access, std::shared_ptr<ProtectionDomain> pd, ibv_mr* mr)
    : Region(std::move(memory), access), pd_(std::move(pd)), mr_(mr) {
  local_key = mr->lkey;
  remote_key = mr->rkey;
}

VerbsRegion::~VerbsRegion() {
  if (Verbs().ibv_dereg_mr(mr_) == 0 || pd_->is_gone()) return;
  // The device still has it: its memory must never be used for anything else.
  new std::shared_ptr<void>(std::move(memory_.owner));
}

Problem VerbsDomain::MakeRegion(Memory memory, unsigned access, std::shared_ptr<Region>* result) {
  ibv_mr* mr = Verbs().register_memory(pd_->get(), memory.data, memory.size, static_cast<int>(access));
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
  ibv_mw* mw = ibv_alloc_mw(pd_->get(), IBV_MW_TYPE_2);
  if (mw == nullptr) return {"unsupported", "The device gives no memory window", errno};
  *result = std::make_shared<VerbsWindow>(pd_, mw);
  return {};
}

VerbsDevice::VerbsDevice(Loop& loop, std::shared_ptr<VerbsContext> context, Sink sink)
    : loop_(loop), context_(std::move(context)), sink_(std::move(sink)) {
  const int async_fd = context_->get()->async_fd;
  Verbs().ibv_query_device(context_->get(), &limits_);
  SetNonBlocking(async_fd);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  // Never a reason to keep running.
  if (poll_.Open(loop_, async_fd, [this](int) { ReadEvents(); }) == 0) poll_.Start(UV_READABLE);
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
  ibv_pd* pd = Verbs().ibv_alloc_pd(context_->get());
  if (pd == nullptr) return nullptr;
  auto domain = std::make_shared<VerbsDomain>(std::make_shared<ProtectionDomain>(context_, pd));
  domains_.Add(domain);
  return domain;
}

void VerbsDevice::ReadEvents() {
  ibv_async_event event{};
  while (Verbs().ibv_get_async_event(context_->get(), &event) == 0) {
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
      if (device->context_->get() != context_->get()) continue;
      const std::lock_guard inner(device->mutex_);
      device->events_.push_back(read);
      const uint64_t one = 1;
      if (write(device->wake_fd_, &one, sizeof(one)) < 0) continue;
    }
  }
  if (errno == EAGAIN || errno == EINTR) return;
  // The device is gone, and its descriptor says so without end.
  if (errno == EIO) context_->is_gone = true;
  poll_.Stop();
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
