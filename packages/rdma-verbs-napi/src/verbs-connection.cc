#if __has_include(<rdma/rdma_cma.h>)

#include "verbs-connection.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace rdma {

namespace {

constexpr int kDeviceRemovedEvent = 100;
// Of one request; more would only make the queues larger.
constexpr uint32_t kMaxRanges = 4;
constexpr uint32_t kDepthLimit = 255;

uint8_t Depth(uint32_t wanted, int limit) {
  return static_cast<uint8_t>(std::min({wanted, static_cast<uint32_t>(std::max(limit, 0)), kDepthLimit}));
}

}  // namespace

std::string AddressText(const sockaddr* address, uint16_t* port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET6) {
    const auto* given = reinterpret_cast<const sockaddr_in6*>(address);
    *port = ntohs(given->sin6_port);
    inet_ntop(AF_INET6, &given->sin6_addr, text, sizeof(text));
    char name[IF_NAMESIZE];
    if (given->sin6_scope_id != 0 && if_indextoname(given->sin6_scope_id, name) != nullptr) {
      return std::string(text) + "%" + name;
    }
    return text;
  }
  const auto* given = reinterpret_cast<const sockaddr_in*>(address);
  *port = ntohs(given->sin_port);
  if (address->sa_family == AF_INET) inet_ntop(AF_INET, &given->sin_addr, text, sizeof(text));
  return text;
}

VerbsConnection::~VerbsConnection() { Release(); }

Problem VerbsConnection::Resolve(const sockaddr* local, const sockaddr* remote, int timeout_ms) {
  const Problem problem = manager_.CreateId(this, &id_);
  if (problem) return problem;
  const int failed = Verbs().rdma_resolve_addr(id_, const_cast<sockaddr*>(local), const_cast<sockaddr*>(remote), timeout_ms);
  if (failed != 0) return {"address", "No RDMA device leads there", errno};
  resolve_timeout_ms_ = timeout_ms;
  return {};
}

void VerbsConnection::Adopt(ManagerEvent request) {
  id_ = request.id;
  id_->context = static_cast<IdOwner*>(this);
  is_incoming_ = true;
  request_.private_data = std::move(request.private_data);
  request_.initiator_depth = request.responder_resources;
  request_.responder_resources = request.initiator_depth;
  manager_.Add(this);
  // Nothing of ours to do for the process before it is accepted.
  manager_.SetReferenced(this, false);
}

std::string VerbsConnection::device_name() const {
  return id_ == nullptr || id_->verbs == nullptr ? "" : Verbs().ibv_get_device_name(id_->verbs->device);
}

std::shared_ptr<VerbsDomain> VerbsConnection::verbs_domain() {
  if (domain_ == nullptr && id_ != nullptr && id_->verbs != nullptr) {
    device_ = manager_.DeviceOf(id_);
    domain_ = device_->MakeDomain();
  }
  return domain_;
}

Addresses VerbsConnection::addresses() const {
  Addresses result;
  if (id_ == nullptr) return result;
  result.local = AddressText(&id_->route.addr.src_addr, &result.local_port);
  result.remote = AddressText(&id_->route.addr.dst_addr, &result.remote_port);
  return result;
}

Problem VerbsConnection::CreateQueues(const EndpointOptions& options) {
  const auto domain = verbs_domain();
  if (domain == nullptr) return {"device", "The device gives no protection domain", errno};
  const auto& limits = device_->limits();
  const auto depth = std::min(options.send_queue_depth, static_cast<uint32_t>(limits.max_qp_wr));
  if (options.receive_count > static_cast<uint32_t>(limits.max_qp_wr)) {
    return {"unsupported", "The device takes " + std::to_string(limits.max_qp_wr) + " receives at once", 0};
  }
  channel_ = Verbs().ibv_create_comp_channel(id_->verbs);
  if (channel_ == nullptr) return {"system", "The device gives no completion channel", errno};
  SetNonBlocking(channel_->fd);
  // A completion for everything that can be on its way.
  const uint32_t entries = depth + options.receive_count + 1;
  queue_ = Verbs().ibv_create_cq(id_->verbs, static_cast<int>(entries), nullptr, channel_, 0);
  if (queue_ == nullptr) return {"system", "The device gives no completion queue", errno};
  max_send_ranges_ = std::clamp<uint32_t>(static_cast<uint32_t>(limits.max_sge), 1, kMaxRanges);
  max_read_ranges_ = std::clamp<uint32_t>(static_cast<uint32_t>(limits.max_sge_rd), 1, max_send_ranges_);
  // Soft-iWARP counts what its READs cannot do.
  if (device_->is_iwarp()) max_read_ranges_ = 1;
  ibv_qp_init_attr attributes{};
  attributes.send_cq = queue_;
  attributes.recv_cq = queue_;
  attributes.qp_type = IBV_QPT_RC;
  attributes.cap.max_send_wr = depth;
  attributes.cap.max_recv_wr = options.receive_count;
  attributes.cap.max_send_sge = max_send_ranges_;
  attributes.cap.max_recv_sge = 1;
  if (Verbs().rdma_create_qp(id_, domain->pd(), &attributes) != 0) {
    return {"system", "The device gives no queue pair", errno};
  }
  sends_ = SendQueue(depth);
  return {};
}

Problem VerbsConnection::Establish(const EndpointOptions& options) {
  if (state_ != State::kConnecting || id_ == nullptr) return {"closed", "The peer has given up", 0};
  const Problem problem = CreateQueues(options);
  if (problem) return problem;
  options_ = options;
  std::vector<uint32_t> slots(options.receive_count);
  for (uint32_t slot = 0; slot < options.receive_count; slot += 1) slots[slot] = slot;
  int error = PostReceives(slots.data(), slots.size());
  if (error == 0) error = ibv_req_notify_cq(queue_, 0);
  if (error == 0) error = poll_.Open(loop_, channel_->fd, [this](int) { OnCompletionEvent(); });
  if (error != 0) return {"system", "Receives cannot be posted", error};
  poll_.Start(UV_READABLE);
  const auto& limits = device_->limits();
  options_.initiator_depth = Depth(options.initiator_depth, limits.max_qp_init_rd_atom);
  options_.responder_resources = Depth(options.responder_resources, limits.max_qp_rd_atom);
  if (is_incoming_) {
    // No more than the peer has asked for.
    options_.initiator_depth = Depth(options_.initiator_depth, static_cast<int>(request_.responder_resources));
    options_.responder_resources = Depth(options_.responder_resources, static_cast<int>(request_.initiator_depth));
  }
  rdma_conn_param parameters{};
  parameters.private_data = options_.private_data.data();
  parameters.private_data_len = static_cast<uint8_t>(std::min<size_t>(options_.private_data.size(), 255));
  parameters.initiator_depth = static_cast<uint8_t>(options_.initiator_depth);
  parameters.responder_resources = static_cast<uint8_t>(options_.responder_resources);
  parameters.retry_count = static_cast<uint8_t>(std::min(options.retry_count, 7u));
  parameters.rnr_retry_count = static_cast<uint8_t>(std::min(options.rnr_retry_count, 7u));
  manager_.SetReferenced(this, true);
  error = Connect(&parameters);
  if (error != 0) return {"connect", "The RDMA connection cannot be made", error};
  return {};
}

int VerbsConnection::Connect(rdma_conn_param* parameters) {
  if (is_incoming_) return Verbs().rdma_accept(id_, parameters) == 0 ? 0 : errno;
  if (!device_->is_iwarp()) return Verbs().rdma_connect(id_, parameters) == 0 ? 0 : errno;
  // Soft-iWARP's TCP connection is made inside of this call, however long it takes.
  is_working_ = true;
  auto error = std::make_shared<int>(0);
  const auto work = [id = id_, error, copy = *parameters, bytes = options_.private_data]() mutable {
    copy.private_data = bytes.data();
    if (Verbs().rdma_connect(id, &copy) != 0) *error = errno;
  };
  manager_.Work(work, [self = shared_from_this(), this, error] {
    is_working_ = false;
    if (leftovers_ != nullptr) {
      const auto handles = std::exchange(leftovers_, nullptr);
      return manager_.Work([handles] { handles->Destroy(); }, [handles] {});
    }
    if (*error == ECONNREFUSED) FailConnecting(Failure::kRejected, *error);
    else if (*error != 0) FailConnecting(Failure::kConnect, *error);
  });
  return 0;
}

void VerbsConnection::Reject(std::span<const uint8_t> private_data) {
  if (state_ != State::kConnecting || !is_incoming_ || id_ == nullptr) return;
  Verbs().rdma_reject(id_, private_data.data(), static_cast<uint8_t>(std::min<size_t>(private_data.size(), 148)));
  Destroy();
}

void VerbsConnection::OnManagerEvent(ManagerEvent event) {
  const auto self = shared_from_this();
  switch (event.type) {
    case RDMA_CM_EVENT_ADDR_RESOLVED:
      // The time for the address holds for the route.
      if (Verbs().rdma_resolve_route(id_, resolve_timeout_ms_) != 0) {
        FailConnecting(Failure::kRoute, errno);
      }
      return;
    case RDMA_CM_EVENT_ADDR_ERROR:
      return FailConnecting(Failure::kAddress, std::abs(event.status));
    case RDMA_CM_EVENT_ROUTE_ERROR:
      return FailConnecting(Failure::kRoute, std::abs(event.status));
    case RDMA_CM_EVENT_ROUTE_RESOLVED:
      if (state_ == State::kConnecting && observer() != nullptr) observer()->OnResolved();
      return;
    default:
      return OnConnectionEvent(event);
  }
}

void VerbsConnection::OnConnectionEvent(const ManagerEvent& event) {
  switch (event.type) {
    case RDMA_CM_EVENT_ESTABLISHED:
      return OnEstablished(event);
    case RDMA_CM_EVENT_UNREACHABLE:
      return FailConnecting(Failure::kUnreachable, std::abs(event.status));
    case RDMA_CM_EVENT_REJECTED:
      return FailConnecting(Failure::kRejected, std::abs(event.status), event.private_data);
    case RDMA_CM_EVENT_CONNECT_ERROR:
      return FailConnecting(std::abs(event.status) == ECONNREFUSED ? Failure::kRejected : Failure::kConnect,
                            std::abs(event.status));
    case RDMA_CM_EVENT_DISCONNECTED:
      has_left_ = true;
      if (state_ == State::kConnecting) return FailConnecting(Failure::kConnect, ECONNRESET);
      Fail(Failure::kNone, 0);
      return DeferDeliver();
    case RDMA_CM_EVENT_DEVICE_REMOVAL:
      if (observer() != nullptr) observer()->OnAsynchronous(kDeviceRemovedEvent, 0);
      has_left_ = true;
      if (id_ != nullptr && id_->verbs != nullptr) manager_.Forget(id_->verbs);
      return Fail(Failure::kDevice, 0);
    default:
      return;
  }
}

void VerbsConnection::OnEstablished(const ManagerEvent& event) {
  uint32_t initiator = options_.initiator_depth;
  uint32_t responder = options_.responder_resources;
  // Already turned round by rdma_cm: what we may start, and what the peer may. iWARP without its
  // second version says nothing.
  const bool is_said = event.initiator_depth != 0 || event.responder_resources != 0;
  if (!is_incoming_ && is_said) {
    initiator = std::min(initiator, event.initiator_depth);
    responder = std::min(responder, event.responder_resources);
  }
  was_established_ = true;
  Established(initiator, responder, is_incoming_ ? std::span<const uint8_t>() : event.private_data);
}

void VerbsConnection::OnDeviceEvent(ibv_context* context, const DeviceEvent& event) {
  const auto self = shared_from_this();
  if (id_ == nullptr || id_->verbs != context) return;
  if (event.queue_pair != 0) {
    if (id_->qp == nullptr || id_->qp->qp_num != event.queue_pair) return;
    // A message came before the word that the connection stands.
    if (event.type == IBV_EVENT_COMM_EST) {
      Verbs().rdma_notify(id_, event.type);
      return;
    }
  }
  if (observer() != nullptr) observer()->OnAsynchronous(event.type, event.port);
  if (event.type == IBV_EVENT_DEVICE_FATAL) return Fail(Failure::kDevice, 0);
  const auto access = static_cast<int>(Op::kWrite) << 8 | static_cast<int>(Status::kRemoteAccess);
  const auto general = static_cast<int>(Op::kReceive) << 8 | static_cast<int>(Status::kLocalOperation);
  if (event.type == IBV_EVENT_QP_ACCESS_ERR) Fail(Failure::kCompletion, access);
  if (event.type == IBV_EVENT_QP_FATAL || event.type == IBV_EVENT_QP_REQ_ERR) Fail(Failure::kCompletion, general);
}

void VerbsConnection::StartDisconnect() {
  if (id_ != nullptr && id_->qp != nullptr) Verbs().rdma_disconnect(id_);
}

void VerbsHandles::Destroy() {
  if (id->qp != nullptr) Verbs().rdma_destroy_qp(id);
  receives.reset();
  if (queue != nullptr) Verbs().ibv_destroy_cq(std::exchange(queue, nullptr));
  if (channel != nullptr) Verbs().ibv_destroy_comp_channel(std::exchange(channel, nullptr));
  Verbs().rdma_destroy_id(std::exchange(id, nullptr));
}

void VerbsConnection::Release() {
  poll_.Close();
  if (id_ == nullptr) return;
  manager_.Remove(this);
  auto handles = std::make_shared<VerbsHandles>();
  handles->id = std::exchange(id_, nullptr);
  handles->channel = std::exchange(channel_, nullptr);
  handles->queue = std::exchange(queue_, nullptr);
  handles->receives = std::move(options_.receives);
  handles->device = std::move(device_);
  handles->domain = std::move(domain_);
  if (is_working_) {
    leftovers_ = std::move(handles);
    return;
  }
  // While it connects, iWARP waits for its time-out in these calls.
  const bool blocks = !was_established_ && handles->device != nullptr && handles->device->is_iwarp();
  // Before the queue pair: rxe counts an open window as a user of it, and waits 50 s for its end.
  if (handles->domain != nullptr) handles->domain->CloseWindows();
  if (!blocks) return handles->Destroy();
  manager_.Work([handles] { handles->Destroy(); }, [handles] {});
}

}  // namespace rdma

#endif
