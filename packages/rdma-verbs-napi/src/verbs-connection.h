#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "verbs-manager.h"

namespace rdma {

// What a connection has of the system.
struct VerbsHandles {
  rdma_cm_id* id = nullptr;
  ibv_comp_channel* channel = nullptr;
  ibv_cq* queue = nullptr;
  // Let go of after the queue pair.
  std::shared_ptr<Region> receives;
  std::shared_ptr<VerbsDevice> device;
  std::shared_ptr<VerbsDomain> domain;

  void Destroy();
};

// A reliable queue pair of a device, connected by rdma_cm.
class VerbsConnection final : public Connection, public IdOwner {
 public:
  explicit VerbsConnection(VerbsManager& manager) : Connection(manager.loop()), manager_(manager) {}
  ~VerbsConnection() override;

  Problem Resolve(const sockaddr* local, const sockaddr* remote, int timeout_ms);
  // The accepting side.
  void Adopt(ManagerEvent request);

  std::string device_name() const override;
  std::shared_ptr<Domain> domain() override { return verbs_domain(); }
  Addresses addresses() const override;
  Problem Establish(const EndpointOptions& options) override;
  void Reject(std::span<const uint8_t> private_data) override;
  void SetReferenced(bool is_referenced) override { manager_.SetReferenced(this, is_referenced); }
  void OnManagerEvent(ManagerEvent event) override;
  void OnDeviceEvent(ibv_context* context, const DeviceEvent& event) override;

 protected:
  int PostReceives(const uint32_t* slots, size_t count) override;
  int PostSends(uint32_t first) override;
  uint32_t PollCompletions(Completion* records, uint32_t capacity) override;
  bool IsFlushed() const override;
  // iWARP ends the queue pair with the TCP connection; with the others that is for us to do.
  bool IsFlushedByPeer() const override { return has_left_ || (device_ != nullptr && device_->is_iwarp()); }
  void StartDisconnect() override;
  void Release() override;

 private:
  std::shared_ptr<VerbsDomain> verbs_domain();
  Problem CreateQueues(const EndpointOptions& options);
  int Connect(rdma_conn_param* parameters);
  void OnConnectionEvent(const ManagerEvent& event);
  void OnEstablished(const ManagerEvent& event);
  void OnCompletionEvent();
  // False where it is nobody's business.
  bool Read(const ibv_wc& entry, Completion* record);
  void NoteBound(Work& work);
  void Fill(Work& work, uint32_t sequence, ibv_send_wr* request);

  VerbsManager& manager_;
  rdma_cm_id* id_ = nullptr;
  std::shared_ptr<VerbsDevice> device_;
  std::shared_ptr<VerbsDomain> domain_;
  ibv_comp_channel* channel_ = nullptr;
  ibv_cq* queue_ = nullptr;
  Poll poll_;
  EndpointOptions options_;
  // Posted and not ended.
  uint32_t receives_ = 0;
  bool is_incoming_ = false;
  // Another thread is connecting; what was to be released meanwhile.
  bool is_working_ = false;
  std::shared_ptr<VerbsHandles> leftovers_;
  bool has_left_ = false;
  bool was_established_ = false;
  int resolve_timeout_ms_ = 0;
  std::vector<ibv_send_wr> requests_;
  std::vector<ibv_sge> ranges_;
  std::vector<ibv_wc> entries_;
};

// `192.0.2.1`, and the port in the order of this machine.
std::string AddressText(const sockaddr* address, uint16_t* port);

}  // namespace rdma
