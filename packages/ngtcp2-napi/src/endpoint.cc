#include "endpoint.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace quic {

namespace {

constexpr size_t kMaxDatagram = 65536;
constexpr int kMaxBursts = 12;
constexpr uint64_t kMillisecond = 1'000'000;
// Refusals of an established connection's port for so long mean that the peer is gone.
constexpr uint64_t kRefusedFor = 500 * kMillisecond;
constexpr uint32_t kRefusals = 3;
// How long an acknowledgement may be held back ([RFC 9000] 18.2, the default).
constexpr uint64_t kMaxAckDelay = 25 * kMillisecond;
constexpr uint64_t kMinLinger = 20 * kMillisecond;
constexpr uint64_t kMaxLinger = 1000 * kMillisecond;

std::string Key(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }
std::string Key(const ngtcp2_cid& cid) { return Key(cid.data, cid.datalen); }

template <typename Handle>
void CloseHandle(Handle*& handle, std::shared_ptr<std::function<void()>> done) {
  if (handle == nullptr) {
    (*done)();
    return;
  }
  handle->data = new std::shared_ptr<std::function<void()>>(std::move(done));
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(handle, nullptr)), [](uv_handle_t* closed) {
    std::unique_ptr<std::shared_ptr<std::function<void()>>> callback(
        static_cast<std::shared_ptr<std::function<void()>>*>(closed->data));
    delete reinterpret_cast<Handle*>(closed);
    (**callback)();
  });
}

}  // namespace

void Peer::AddCid(const ngtcp2_cid& cid) {
  if (endpoint != nullptr) endpoint->by_cid_[Key(cid)] = this;
}

void Peer::RemoveCid(const ngtcp2_cid& cid) {
  if (endpoint != nullptr) endpoint->by_cid_.erase(Key(cid));
}

Endpoint::Endpoint(uv_loop_t* loop, std::shared_ptr<DatagramBuffers> buffers, EndpointObserver* observer)
    : loop_(loop), buffers_(std::move(buffers)), observer_(observer), socket_(loop, buffers_, this),
      timer_(loop, [this] { OnTimer(); }) {
  Random(token_secret_);
}

Endpoint::~Endpoint() = default;

int Endpoint::Open(const UdpOptions& options) {
  int error = socket_.Open(options);
  if (error == 0) error = timer_.Open();
  if (error != 0) return error;
  prepare_ = new uv_prepare_t;
  uv_prepare_init(loop_, prepare_);
  prepare_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(prepare_));
  idle_ = new uv_idle_t;
  uv_idle_init(loop_, idle_);
  idle_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(idle_));
  UpdateReference();
  return 0;
}

void Endpoint::Close(std::function<void()> done) {
  if (is_closed_) return;
  for (auto& entry : std::vector<std::pair<Peer*, PeerPointer>>(peers_.begin(), peers_.end())) {
    auto& peer = *entry.second;
    if (!peer.connection->is_closed()) SendClose(peer, {CloseReason::Kind::kApplication, 0, false, ""}, Now());
    peer.endpoint = nullptr;
  }
  is_closed_ = true;
  observer_ = nullptr;
  client_ = nullptr;
  peers_.clear();
  by_cid_.clear();
  wakes_.clear();
  queue_.clear();
  waiting_.clear();
  auto left = std::make_shared<int>(4);
  auto one = std::make_shared<std::function<void()>>([left, done = std::move(done)] {
    if (--*left == 0 && done) done();
  });
  if (prepare_ != nullptr) uv_prepare_stop(prepare_);
  if (idle_ != nullptr) uv_idle_stop(idle_);
  CloseHandle(prepare_, one);
  CloseHandle(idle_, one);
  timer_.Close([one] { (*one)(); });
  socket_.Close([one] { (*one)(); });
}

std::shared_ptr<Peer> Endpoint::Connect(ConnectionOptions options, const Address& remote, std::string* error) {
  auto peer = std::make_shared<Peer>(this);
  const uint32_t mtu = socket_.PathMtu();
  const uint32_t headers = socket_.local().family() == AF_INET6 ? 48 : 28;
  if (mtu > headers) options.max_datagram = std::min(options.max_datagram, mtu - headers);
  peer->connection = Connection::Client(std::move(options), socket_.local(), remote, peer.get(), Now(), error);
  if (peer->connection == nullptr) return nullptr;
  peer->is_announced = true;
  peer->is_counted = true;
  open_count_ += 1;
  client_ = peer.get();
  was_used_ = true;
  peers_.emplace(peer.get(), peer);
  UpdateReference();
  Queue(*peer);
  return peer;
}

// ----------------------------------------------------------------------------------- receiving

void Endpoint::OnDatagram(const Datagram& datagram) {
  if (now_ == 0) now_ = Now();
  Peer* peer = client_ != nullptr ? client_ : Route(datagram);
  if (peer != nullptr) Feed(*peer, datagram);
}

void Endpoint::Feed(Peer& peer, const Datagram& datagram) {
  const auto keep = peers_.at(&peer);
  auto& connection = *peer.connection;
  peer.refusals = 0;
  if (connection.is_closed()) {
    FeedClosed(peer, datagram);
    return;
  }
  const bool was_established = connection.is_established();
  const auto result = connection.Feed(client_ != nullptr ? socket_.local() : datagram.local, datagram.remote,
                                      datagram.ecn, datagram.bytes, now_);
  Queue(peer);
  if (connection.is_server() && !was_established) {
    if (result != Connection::FeedResult::kOk || connection.must_close() || connection.is_closed()) {
      if (result != Connection::FeedResult::kOk) connection.Abort({CloseReason::Kind::kDropped, 0, false, ""});
    } else if (connection.is_established()) {
      handshakes_ -= 1;
      peer.is_announced = true;
      IssueToken(peer);
      if (observer_ != nullptr) observer_->OnIncoming(keep);
    }
  }
  if (connection.has_full_target() && peer.observer != nullptr) peer.observer->OnTargetFull();
}

// A peer that has not heard that we closed: it is told again, ever more seldom.
void Endpoint::FeedClosed(Peer& peer, const Datagram&) {
  peer.late_datagrams += 1;
  if (peer.close_datagram.empty() || (peer.late_datagrams & (peer.late_datagrams - 1)) != 0) return;
  DatagramBatch batch;
  batch.bytes = peer.close_datagram.data();
  batch.items.push_back({static_cast<uint32_t>(peer.close_datagram.size()), 0});
  batch.local = peer.close_local;
  batch.remote = peer.close_remote;
  socket_.Send(batch);
}

bool Endpoint::OnBatchEnd() {
  ServiceQueued();
  now_ = 0;
  return !is_closed_;
}

void Endpoint::OnWritable() {
  for (auto& peer : std::exchange(waiting_, {})) {
    peer->is_waiting = false;
    Queue(*peer);
  }
  ServiceQueued();
}

void Endpoint::OnSocketError(int error) {
  if (client_ == nullptr || client_->connection->is_closed()) return;
  auto& peer = *client_;
  if (peer.connection->is_established()) {
    const uint64_t now = Now();
    if (peer.refusals++ == 0) peer.first_refusal = now;
    if (error != ECONNREFUSED || peer.refusals < kRefusals || now - peer.first_refusal < kRefusedFor) return;
  }
  peer.connection->Abort({CloseReason::Kind::kSystem, static_cast<uint64_t>(error), false, ""});
  Queue(peer);
}

// ------------------------------------------------------------------------------------- turns

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

void Endpoint::Transmit(Peer& peer) {
  for (int burst = 0; burst < kMaxBursts; ++burst) {
    if (peer.connection->is_closed()) return;
    if (socket_.is_blocked()) {
      if (!peer.is_waiting) {
        peer.is_waiting = true;
        waiting_.push_back(peers_.at(&peer));
      }
      return;
    }
    if (!Burst(peer, Now())) return;
  }
  Queue(peer);
}

// Sends what pacing allows at once. False: there is nothing more.
bool Endpoint::Burst(Peer& peer, uint64_t now) {
  auto& connection = *peer.connection;
  auto& buffer = buffers_->send;
  const size_t budget = std::min(connection.Quantum(), buffer.size() - kMaxDatagram);
  size_t used = 0;
  size_t start = 0;
  bool is_last = false;
  batch_.items.clear();
  const auto flush = [&] {
    if (batch_.items.empty()) return;
    batch_.bytes = buffer.data() + start;
    socket_.Send(batch_);
    batch_.items.clear();
    start = used;
  };
  while (used < budget) {
    ngtcp2_path_storage path;
    const auto datagram = connection.Pull(std::span(buffer).subspan(used, kMaxDatagram), &path, now);
    if (datagram.size == 0) {
      is_last = true;
      break;
    }
    if (client_ == nullptr) {
      const Address remote(path.path.remote.addr, path.path.remote.addrlen);
      const Address local(path.path.local.addr, path.path.local.addrlen);
      if (!batch_.items.empty() && !(remote == batch_.remote && local == batch_.local)) flush();
      batch_.remote = remote;
      batch_.local = local;
    }
    batch_.items.push_back({static_cast<uint32_t>(datagram.size), datagram.ecn});
    used += datagram.size;
  }
  flush();
  if (used > 0) connection.EndBurst(now);
  return !is_last;
}

// ------------------------------------------------------------------------------- ending and time

void Endpoint::ClosePeer(Peer& peer, CloseReason reason) {
  if (is_closed_ || peer.connection->is_closed()) return;
  // What was written before goes first, as far as it may.
  Transmit(peer);
  // With it what has arrived is acknowledged, or the peer would have to take it for lost. To ngtcp2
  // it is a little later already, when an acknowledgement is due that would still be held back.
  const uint64_t later = Now() + kMaxAckDelay;
  if (!peer.connection->is_closed() && peer.connection->is_established() && !socket_.is_blocked()) Burst(peer, later);
  SendClose(peer, std::move(reason), later);
  Queue(peer);
}

void Endpoint::SendClose(Peer& peer, CloseReason reason, uint64_t now) {
  auto& connection = *peer.connection;
  std::vector<uint8_t> datagram(NGTCP2_MAX_UDP_PAYLOAD_SIZE);
  ngtcp2_path_storage path;
  const size_t size = connection.Close(std::move(reason), datagram, &path, now);
  if (size == 0) return;
  datagram.resize(size);
  peer.close_datagram = std::move(datagram);
  if (client_ == nullptr) {
    peer.close_local = Address(path.path.local.addr, path.path.local.addrlen);
    peer.close_remote = Address(path.path.remote.addr, path.path.remote.addrlen);
  }
  DatagramBatch batch;
  batch.bytes = peer.close_datagram.data();
  batch.items.push_back({static_cast<uint32_t>(size), 0});
  batch.local = peer.close_local;
  batch.remote = peer.close_remote;
  socket_.Send(batch);
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

void Endpoint::SetReferenced(Peer* peer, bool is_referenced) {
  if (peer != nullptr) {
    peer->is_referenced = is_referenced;
  } else {
    is_listening_referenced_ = is_referenced;
  }
  UpdateReference();
}

// The loop goes on while something is open that the application wants.
void Endpoint::UpdateReference() {
  // A server is also waited for until its last connection is forgotten: its port is free then.
  bool is_wanted = server_ != nullptr && is_listening_referenced_;
  for (const auto& [peer, pointer] : peers_) {
    if (is_wanted) break;
    is_wanted = peer->is_counted && peer->is_referenced;
  }
  if (is_wanted) {
    socket_.Ref();
  } else {
    socket_.Unref();
  }
}

void Endpoint::CheckIdle() {
  if (!is_listening_ && peers_.empty() && was_used_ && observer_ != nullptr) observer_->OnIdle();
}

}  // namespace quic
