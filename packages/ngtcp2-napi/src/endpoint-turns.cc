// When an endpoint looks after which connection: turns, timers, and the end of those that have ended.

#include <algorithm>
#include <utility>

#include "endpoint.h"

namespace quic {

namespace {

constexpr uint64_t kMinLinger = 20 * kMillisecond;
constexpr uint64_t kMaxLinger = 1000 * kMillisecond;

}  // namespace

void Endpoint::Wake(Peer& peer) {
  if (!is_closed_) Queue(peer);
}

void Endpoint::Queue(Peer& peer) {
  if (peer.is_queued || is_closed_) return;
  const auto found = peers_.find(&peer);
  if (found == peers_.end()) return;
  peer.is_queued = true;
  queue_.push_back(found->second);
  if (queue_.size() == 1) {
    // Before the loop waits again, and without waiting where there is more to do than one turn takes.
    uv_prepare_start(prepare_, [](uv_prepare_t* handle) { static_cast<Endpoint*>(handle->data)->ServiceQueued(); });
  }
}

void Endpoint::ServiceQueued() {
  if (is_closed_) return;
  for (auto& peer : std::exchange(queue_, {})) {
    peer->is_queued = false;
    if (is_closed_) return;
    Service(*peer);
  }
  if (is_closed_) return;
  if (queue_.empty()) {
    uv_prepare_stop(prepare_);
    uv_idle_stop(idle_);
  } else {
    uv_idle_start(idle_, [](uv_idle_t*) {});
  }
}

void Endpoint::Service(Peer& peer) {
  if (!peers_.contains(&peer)) return;
  auto& connection = *peer.connection;
  connection.CheckStopped();
  Progress(peer);
  if (is_closed_) return;
  Transmit(peer);
  if (connection.must_close()) SendClose(peer, connection.TakeMustClose(), Now());
  if (connection.has_events()) Progress(peer);
  if (is_closed_) return;
  Schedule(peer);
}

void Endpoint::Progress(Peer& peer) {
  auto& connection = *peer.connection;
  if (connection.must_close()) SendClose(peer, connection.TakeMustClose(), Now());
  if (peer.observer != nullptr) peer.observer->OnProgress();
}

void Endpoint::Schedule(Peer& peer) {
  auto& connection = *peer.connection;
  if (!connection.is_closed()) {
    SetWake(peer, connection.Expiry());
    return;
  }
  if (peer.retire_at == UINT64_MAX) {
    if (peer.is_counted) open_count_ -= 1;
    peer.is_counted = false;
    if (connection.is_server() && !peer.is_announced) handshakes_ -= 1;
    peer.is_announced = true;
    UpdateReference();
    // Three PTO ([RFC 9000] 10.2), within reason: who sends late is answered. Where the peer closed
    // there is nothing to answer, only to ignore; who was reset or silent is forgotten.
    const bool is_remote = connection.close_reason().is_remote;
    const uint64_t linger = std::clamp<uint64_t>(3 * connection.Pto(), kMinLinger, is_remote ? kMinLinger : kMaxLinger);
    const auto kind = connection.close_reason().kind;
    const bool forgets = kind == CloseReason::Kind::kSystem || kind == CloseReason::Kind::kDropped ||
                         kind == CloseReason::Kind::kIdleTimeout || kind == CloseReason::Kind::kStatelessReset;
    peer.retire_at = forgets ? 0 : Now() + linger;
  }
  if (peer.retire_at == 0) {
    Retire(peer);
  } else {
    SetWake(peer, peer.retire_at);
  }
}

void Endpoint::SetWake(Peer& peer, uint64_t when) {
  if (when == peer.wake_at) return;
  if (peer.wake_at != UINT64_MAX) wakes_.erase({peer.wake_at, &peer});
  peer.wake_at = when;
  if (when != UINT64_MAX) wakes_.insert({when, &peer});
  timer_.Set(wakes_.empty() ? UINT64_MAX : wakes_.begin()->first);
}

void Endpoint::OnTimer() {
  const uint64_t now = Now();
  std::vector<PeerPointer> due;
  for (const auto& [when, peer] : wakes_) {
    if (when > now) break;
    due.push_back(peers_.at(peer));
  }
  for (auto& peer : due) {
    if (is_closed_) return;
    wakes_.erase({peer->wake_at, peer.get()});
    peer->wake_at = UINT64_MAX;
    if (peer->connection->is_closed()) {
      if (peer->retire_at != UINT64_MAX) {
        Retire(*peer);
        continue;
      }
    } else {
      peer->connection->Expire(now);
    }
    Queue(*peer);
  }
  if (is_closed_) return;
  timer_.Set(wakes_.empty() ? UINT64_MAX : wakes_.begin()->first);
  ServiceQueued();
}

void Endpoint::Retire(Peer& peer) {
  const auto found = peers_.find(&peer);
  if (found == peers_.end()) return;
  const auto keep = found->second;
  SetWake(peer, UINT64_MAX);
  for (const auto& cid : peer.connection->Cids()) by_cid_.erase(Key(cid));
  if (peer.connection->is_server()) by_cid_.erase(Key(peer.connection->original_dcid()));
  peers_.erase(found);
  if (client_ == &peer) client_ = nullptr;
  peer.endpoint = nullptr;
  CheckIdle();
}

}  // namespace quic
