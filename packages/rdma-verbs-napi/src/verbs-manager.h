#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "verbs-device.h"

namespace rdma {

// What rdma_cm tells about an id.
struct ManagerEvent {
  rdma_cm_event_type type;
  int status = 0;
  // Of a request: the id of the connection to be.
  rdma_cm_id* id = nullptr;
  std::vector<uint8_t> private_data;
  uint32_t initiator_depth = 0;
  uint32_t responder_resources = 0;
};

// Who owns an id, which has it as its context.
class IdOwner {
 public:
  virtual ~IdOwner() = default;
  virtual void OnManagerEvent(ManagerEvent event) = 0;
  virtual void OnDeviceEvent(ibv_context* context, const DeviceEvent& event) = 0;
};

// The event channel of rdma_cm and the devices of one environment.
class VerbsManager {
 public:
  explicit VerbsManager(Loop& loop) : loop_(loop) {}
  ~VerbsManager() { Close(); }
  VerbsManager(const VerbsManager&) = delete;
  VerbsManager& operator=(const VerbsManager&) = delete;

  Loop& loop() { return loop_; }
  Problem Open();
  // An id on our channel; it keeps the process running while `owner` is referenced.
  Problem CreateId(IdOwner* owner, rdma_cm_id** id);
  void Add(IdOwner* owner);
  void Remove(IdOwner* owner);
  void SetReferenced(IdOwner* owner, bool is_referenced);
  // The device that an id leads to.
  std::shared_ptr<VerbsDevice> DeviceOf(const rdma_cm_id* id);
  // It is gone: its memory goes with its last connection, and one that comes in its place is another.
  void Forget(ibv_context* context);
  // On another thread, where rdma_cm of iWARP blocks for seconds.
  void Work(std::function<void()> work, std::function<void()> done);
  void Close();

 private:
  void ReadEvents();
  void UpdateReference();

  Loop& loop_;
  rdma_event_channel* channel_ = nullptr;
  Poll poll_;
  size_t works_ = 0;
  bool is_closed_ = false;
  // Owners, and whether they keep the process running.
  std::unordered_map<IdOwner*, bool> owners_;
  std::unordered_map<ibv_context*, std::shared_ptr<VerbsDevice>> devices_;
};

}  // namespace rdma
