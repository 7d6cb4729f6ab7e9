#if __has_include(<rdma/rdma_cma.h>)

#include "verbs-listener.h"

#include <arpa/inet.h>

#include <cerrno>
#include <utility>

#include "verbs-connection.h"

namespace rdma {

Problem VerbsListener::Open(sockaddr* address, int backlog) {
  const Problem problem = manager_.CreateId(this, &id_);
  if (problem) return problem;
  if (Verbs().rdma_bind_addr(id_, address) != 0) return {"system", "The address cannot be used for RDMA", errno};
  if (Verbs().rdma_listen(id_, backlog) != 0) return {"system", "RDMA connections cannot be listened for", errno};
  return {};
}

std::string VerbsListener::address() const {
  uint16_t port = 0;
  return id_ == nullptr ? "" : AddressText(&id_->route.addr.src_addr, &port);
}

uint16_t VerbsListener::port() const { return id_ == nullptr ? 0 : ntohs(Verbs().rdma_get_src_port(id_)); }

void VerbsListener::Close() {
  if (id_ == nullptr) return;
  manager_.Remove(this);
  Verbs().rdma_destroy_id(std::exchange(id_, nullptr));
}

void VerbsListener::OnManagerEvent(ManagerEvent event) {
  if (event.type != RDMA_CM_EVENT_CONNECT_REQUEST) return;
  auto connection = std::make_shared<VerbsConnection>(manager_);
  connection->Adopt(std::move(event));
  // May close this.
  const auto incoming = incoming_;
  incoming(std::move(connection));
}

}  // namespace rdma

#endif
