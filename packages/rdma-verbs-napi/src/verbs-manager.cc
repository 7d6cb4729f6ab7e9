#if __has_include(<rdma/rdma_cma.h>)

#include "verbs-manager.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace rdma {

Problem VerbsManager::Open() {
  if (channel_ != nullptr) return {};
  channel_ = Verbs().rdma_create_event_channel();
  if (channel_ == nullptr) return {"unavailable", "rdma_cm gives no event channel", errno};
  SetNonBlocking(channel_->fd);
  const int error = poll_.Open(loop_, channel_->fd, [this](int) { ReadEvents(); });
  if (error != 0) return {"system", "The event channel cannot be waited for", error};
  poll_.Start(UV_READABLE);
  UpdateReference();
  return {};
}

Problem VerbsManager::CreateId(IdOwner* owner, rdma_cm_id** id) {
  const Problem problem = Open();
  if (problem) return problem;
  if (Verbs().rdma_create_id(channel_, id, owner, RDMA_PS_TCP) != 0) {
    return {"system", "rdma_cm makes no connection", errno};
  }
  Add(owner);
  return {};
}

void VerbsManager::Add(IdOwner* owner) {
  owners_.emplace(owner, true);
  UpdateReference();
}

void VerbsManager::Remove(IdOwner* owner) {
  owners_.erase(owner);
  UpdateReference();
}

void VerbsManager::SetReferenced(IdOwner* owner, bool is_referenced) {
  const auto found = owners_.find(owner);
  if (found != owners_.end()) found->second = is_referenced;
  UpdateReference();
}

void VerbsManager::UpdateReference() {
  poll_.SetReferenced(std::ranges::any_of(owners_, [](const auto& entry) { return entry.second; }));
}

std::shared_ptr<VerbsDevice> VerbsManager::DeviceOf(const rdma_cm_id* id) {
  auto* context = id->verbs;
  auto& device = devices_[context];
  if (device == nullptr) {
    device = std::make_shared<VerbsDevice>(loop_, std::make_shared<VerbsContext>(id), [this, context](const DeviceEvent& event) {
      std::vector<IdOwner*> owners;
      for (const auto& [owner, is_referenced] : owners_) owners.push_back(owner);
      for (auto* owner : owners) {
        if (owners_.contains(owner)) owner->OnDeviceEvent(context, event);
      }
      if (event.type == IBV_EVENT_DEVICE_FATAL) Forget(context);
    });
  }
  return device;
}

void VerbsManager::Forget(ibv_context* context) {
  const auto found = devices_.find(context);
  if (found == devices_.end()) return;
  // Later: it may be the one that calls.
  loop_.Defer([device = std::move(found->second)] {});
  devices_.erase(found);
}

void VerbsManager::ReadEvents() {
  rdma_cm_event* event = nullptr;
  while (channel_ != nullptr && Verbs().rdma_get_cm_event(channel_, &event) == 0) {
    ManagerEvent read{event->event, event->status};
    auto* id = event->id;
    if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST) {
      read.id = event->id;
      id = event->listen_id;
    }
    const bool is_connection = event->event == RDMA_CM_EVENT_CONNECT_REQUEST ||
                               event->event == RDMA_CM_EVENT_ESTABLISHED || event->event == RDMA_CM_EVENT_REJECTED;
    if (is_connection) {
      const auto& given = event->param.conn;
      const auto* bytes = static_cast<const uint8_t*>(given.private_data);
      if (bytes != nullptr) read.private_data.assign(bytes, bytes + given.private_data_len);
      read.initiator_depth = given.initiator_depth;
      read.responder_resources = given.responder_resources;
    }
    auto* owner = static_cast<IdOwner*>(id->context);
    // Before anything else: an id with an event that was not acknowledged cannot be destroyed.
    Verbs().rdma_ack_cm_event(event);
    if (owners_.contains(owner)) owner->OnManagerEvent(std::move(read));
    else if (read.id != nullptr) Verbs().rdma_destroy_id(read.id);
  }
  if (channel_ != nullptr && errno != EAGAIN && errno != EINTR) poll_.Stop();
}

void VerbsManager::Work(std::function<void()> work, std::function<void()> done) {
  works_ += 1;
  loop_.Work(std::move(work), [this, done = std::move(done)] {
    done();
    works_ -= 1;
    if (is_closed_) Close();
  });
}

void VerbsManager::Close() {
  is_closed_ = true;
  poll_.Close();
  devices_.clear();
  // Ids that are being destroyed need it.
  if (works_ == 0 && channel_ != nullptr) Verbs().rdma_destroy_event_channel(std::exchange(channel_, nullptr));
}

}  // namespace rdma

#endif
