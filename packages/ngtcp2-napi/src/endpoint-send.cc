// What an endpoint sends for its connections: bursts that are one GSO batch each, and farewells.

#include <algorithm>
#include <utility>

#include "endpoint.h"

namespace quic {

namespace {

constexpr size_t kMaxDatagram = 65536;
constexpr int kMaxBursts = 12;
// How long an acknowledgement may be held back ([RFC 9000] 18.2, the default).
constexpr uint64_t kMaxAckDelay = 25 * kMillisecond;

}  // namespace

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
    const auto written = connection.Pull(std::span(buffer).subspan(used), budget - used, &path, now);
    if (written.size == 0) {
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
    for (size_t at = 0; at < written.size; at += written.segment) {
      batch_.items.push_back({static_cast<uint32_t>(std::min(written.segment, written.size - at)), written.ecn});
    }
    used += written.size;
  }
  flush();
  if (used > 0) connection.EndBurst(now);
  return !is_last;
}

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

}  // namespace quic
