#pragma once

#include <memory>

#include "verbs-manager.h"

namespace rdma {

class VerbsListener final : public Listener, public IdOwner {
 public:
  VerbsListener(VerbsManager& manager, Provider::Incoming incoming)
      : manager_(manager), incoming_(std::move(incoming)) {}
  ~VerbsListener() override { Close(); }

  Problem Open(sockaddr* address, int backlog);
  std::string address() const override;
  uint16_t port() const override;
  void Close() override;
  void OnManagerEvent(ManagerEvent event) override;
  void OnDeviceEvent(ibv_context*, const DeviceEvent&) override {}

 private:
  VerbsManager& manager_;
  Provider::Incoming incoming_;
  rdma_cm_id* id_ = nullptr;
};

}  // namespace rdma
