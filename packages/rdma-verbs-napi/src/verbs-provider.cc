#if __has_include(<rdma/rdma_cma.h>)

#include "verbs-provider.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "verbs-connection.h"
#include "verbs-listener.h"

namespace rdma {

namespace {

constexpr const char* kManagerNode = "/dev/infiniband/rdma_cm";
// Buffers of one connection and one transfer.
constexpr rlim_t kLeastMemory = 1 << 20;

// `192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`
bool ParseAddress(const std::string& text, uint16_t port, sockaddr_storage* result) {
  *result = {};
  auto* v4 = reinterpret_cast<sockaddr_in*>(result);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    return true;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(result);
  const size_t zone = text.find('%');
  if (inet_pton(AF_INET6, text.substr(0, zone).c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  if (zone != std::string::npos) v6->sin6_scope_id = if_nametoindex(text.c_str() + zone + 1);
  return true;
}

Problem NoAddress(const std::string& text) { return {"address", "\"" + text + "\" is no IP address", 0}; }

// Why memory cannot be locked, or empty. The soft limit is ours to raise.
std::string MemoryLockProblem() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || geteuid() == 0) return {};
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
  }
  if (limit.rlim_cur >= kLeastMemory) return {};
  return "RDMA locks memory, and RLIMIT_MEMLOCK allows " + std::to_string(limit.rlim_cur / 1024) +
         " KiB only (ulimit -l, /etc/security/limits.conf)";
}

std::string NodeProblem() {
  if (access(kManagerNode, R_OK | W_OK) == 0) return {};
  const std::string node = kManagerNode;
  if (errno == ENOENT) return "there is no " + node + ": the kernel module rdma_ucm is not loaded (modprobe rdma_ucm)";
  return node + " may not be opened: " + std::strerror(errno);
}

class VerbsProvider final : public Provider {
 public:
  explicit VerbsProvider(Loop& loop) : manager_(loop) {}

  std::string Unavailable() override {
    std::string reason;
    if (VerbsLibrary::Load(&reason) == nullptr) return reason;
    reason = NodeProblem();
    if (reason.empty()) reason = MemoryLockProblem();
    if (!reason.empty()) return reason;
    const auto devices = Devices();
    if (devices.empty()) return "libibverbs knows no device here: is its driver installed (ibverbs-providers)?";
    const auto usable = std::ranges::find_if(devices, [](const DeviceInfo& device) { return device.problem.empty(); });
    return usable == devices.end() ? devices.front().problem : "";
  }

  std::vector<DeviceInfo> Devices() override {
    std::vector<DeviceInfo> result;
    std::string reason;
    if (VerbsLibrary::Load(&reason) == nullptr) return result;
    int count = 0;
    ibv_device** list = Verbs().ibv_get_device_list(&count);
    if (list == nullptr) return result;
    for (int index = 0; index < count; index += 1) result.push_back(Describe(list[index]));
    Verbs().ibv_free_device_list(list);
    return result;
  }

  Problem Resolve(const std::string& address, uint16_t port, const std::string& local, int timeout_ms,
                  std::shared_ptr<Connection>* result) override {
    const Problem problem = Check();
    if (problem) return problem;
    sockaddr_storage remote;
    sockaddr_storage own;
    if (!ParseAddress(address, port, &remote)) return NoAddress(address);
    if (!local.empty() && !ParseAddress(local, 0, &own)) return NoAddress(local);
    auto connection = std::make_shared<VerbsConnection>(manager_);
    const auto* source = local.empty() ? nullptr : reinterpret_cast<const sockaddr*>(&own);
    const Problem failed = connection->Resolve(source, reinterpret_cast<const sockaddr*>(&remote), timeout_ms);
    if (!failed) *result = std::move(connection);
    return failed;
  }

  Problem Listen(const std::string& address, uint16_t port, int backlog, Incoming incoming,
                 std::shared_ptr<Listener>* result) override {
    const Problem problem = Check();
    if (problem) return problem;
    sockaddr_storage own;
    if (!ParseAddress(address, port, &own)) return NoAddress(address);
    auto listener = std::make_shared<VerbsListener>(manager_, std::move(incoming));
    const Problem failed = listener->Open(reinterpret_cast<sockaddr*>(&own), backlog);
    if (!failed) *result = std::move(listener);
    return failed;
  }

  void Close() override { manager_.Close(); }

 private:
  static Problem Check() {
    std::string reason;
    if (VerbsLibrary::Load(&reason) == nullptr) return {"unavailable", reason, 0};
    reason = NodeProblem();
    if (!reason.empty()) return {"unavailable", reason, 0};
    return {};
  }

  static DeviceInfo Describe(ibv_device* device) {
    DeviceInfo result;
    result.name = Verbs().ibv_get_device_name(device);
    ibv_context* context = Verbs().ibv_open_device(device);
    if (context == nullptr) {
      result.problem = "the RDMA device " + result.name + " cannot be opened: " + std::strerror(errno);
      return result;
    }
    ibv_device_attr limits{};
    if (Verbs().ibv_query_device(context, &limits) == 0) {
      const auto flags = limits.device_cap_flags;
      const bool has_windows = (flags & (IBV_DEVICE_MEM_WINDOW_TYPE_2A | IBV_DEVICE_MEM_WINDOW_TYPE_2B)) != 0;
      result.limits = {double(limits.max_sge),          double(limits.max_sge_rd),    double(limits.max_qp),
                       double(limits.max_qp_wr),        double(limits.max_cqe),       double(limits.max_mr),
                       double(limits.max_qp_rd_atom),   double(limits.max_qp_init_rd_atom),
                       double(limits.max_mw),           has_windows && limits.max_mw > 0 ? 1.0 : 0.0};
      result.max_region_size = limits.max_mr_size;
      result.firmware = limits.fw_ver;
    } else {
      result.problem = "the RDMA device " + result.name + " does not tell its limits";
    }
    Verbs().ibv_close_device(context);
    return result;
  }

  VerbsManager manager_;
};

}  // namespace

std::unique_ptr<Provider> MakeVerbsProvider(Loop& loop) { return std::make_unique<VerbsProvider>(loop); }

}  // namespace rdma

#endif
