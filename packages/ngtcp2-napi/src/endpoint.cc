#include "endpoint.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace quic {

namespace {

// Refusals of an established connection's port for so long mean that the peer is gone.
constexpr uint64_t kRefusedFor = 500 * kMillisecond;
constexpr uint32_t kRefusals = 3;

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
