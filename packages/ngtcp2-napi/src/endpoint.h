#pragma once

#include <uv.h>

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connection.h"
#include "timer.h"
#include "udp-socket.h"

namespace quic {

class Endpoint;

// A connection id as a key of maps.
inline std::string Key(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }
inline std::string Key(const ngtcp2_cid& cid) { return Key(cid.data, cid.datalen); }

// The application's side of a connection. Its methods may run the application's code, which may
// call the endpoint again.
class PeerObserver {
 public:
  virtual ~PeerObserver() = default;
  // A receive target is full; other datagrams of the same batch follow.
  virtual void OnTargetFull() = 0;
  // There are events or received bytes.
  virtual void OnProgress() = 0;
};

// A connection of an endpoint, with what the endpoint keeps about it.
struct Peer final : Connection::Registry {
  explicit Peer(Endpoint* owner) : endpoint(owner) {}
  void AddCid(const ngtcp2_cid& cid) override;
  void RemoveCid(const ngtcp2_cid& cid) override;

  Endpoint* endpoint;
  std::unique_ptr<Connection> connection;
  PeerObserver* observer = nullptr;
  // Where its timer stands in the endpoint's list.
  uint64_t wake_at = UINT64_MAX;
  // Ended: until when late datagrams are answered, and with what.
  uint64_t retire_at = UINT64_MAX;
  std::vector<uint8_t> close_datagram;
  Address close_local;
  Address close_remote;
  uint32_t late_datagrams = 0;
  bool is_queued = false;
  bool is_waiting = false;
  bool is_announced = false;
  bool is_referenced = true;
  bool is_counted = false;
  uint64_t first_refusal = 0;
  uint32_t refusals = 0;
};

struct ServerOptions {
  enum class Retry : uint8_t { kNever, kAuto, kAlways };
  ConnectionOptions connection;
  Retry retry = Retry::kAuto;
  // Unfinished handshakes from which `kAuto` asks for a Retry.
  size_t retry_threshold = 100;
  size_t max_connections = 100'000;
};

class EndpointObserver {
 public:
  virtual ~EndpointObserver() = default;
  // A client has finished its handshake.
  virtual void OnIncoming(std::shared_ptr<Peer> peer) = 0;
  virtual void OnEndpointError(int error) = 0;
  // Nothing is left: no connection, no listening.
  virtual void OnIdle() = 0;
};

// A UDP socket with the connections on it, their timers and their turns to send.
class Endpoint final : public UdpSocket::Listener {
 public:
  Endpoint(uv_loop_t* loop, std::shared_ptr<DatagramBuffers> buffers, EndpointObserver* observer);
  ~Endpoint() override;
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // 0 or an errno.
  int Open(const UdpOptions& options);
  void Listen(ServerOptions options);
  // Accepts no more; connections go on.
  void StopListening();
  std::shared_ptr<Peer> Connect(ConnectionOptions options, const Address& remote, std::string* error);
  // Ends every connection without waiting for anybody and closes the socket.
  void Close(std::function<void()> done);

  // The application did something that may have to be sent.
  void Wake(Peer& peer);
  void ClosePeer(Peer& peer, CloseReason reason);
  void SetReferenced(Peer* peer, bool is_referenced);

  const Address& local() const { return socket_.local(); }
  const UdpSocket& socket() const { return socket_; }
  size_t connections() const { return open_count_; }
  bool is_closed() const { return is_closed_; }
  void set_observer(EndpointObserver* observer) { observer_ = observer; }

  // UdpSocket::Listener
  void OnDatagram(const Datagram& datagram) override;
  bool OnBatchEnd() override;
  void OnWritable() override;
  void OnSocketError(int error) override;

 private:
  friend struct Peer;
  using PeerPointer = std::shared_ptr<Peer>;

  // endpoint-accept.cc
  Peer* Route(const Datagram& datagram);
  Peer* Accept(const Datagram& datagram);
  bool CheckToken(const Datagram& datagram, Initial* initial, ConnectionOptions* options);
  void SendVersionNegotiation(const Datagram& datagram, const ngtcp2_version_cid& version);
  void SendRetry(const Datagram& datagram, const ngtcp2_pkt_hd& header);
  void SendStatelessReset(const Datagram& datagram, std::span<const uint8_t> dcid);
  void RefuseToken(const Datagram& datagram, const ngtcp2_pkt_hd& header);
  void SendTo(const Datagram& datagram, std::span<const uint8_t> bytes);
  void IssueToken(Peer& peer);

  void Feed(Peer& peer, const Datagram& datagram);
  void FeedClosed(Peer& peer, const Datagram& datagram);
  void Queue(Peer& peer);
  void ServiceQueued();
  void Service(Peer& peer);
  void Progress(Peer& peer);
  void Transmit(Peer& peer);
  bool Burst(Peer& peer, uint64_t now);
  void SendClose(Peer& peer, CloseReason reason, uint64_t now);
  void Schedule(Peer& peer);
  void SetWake(Peer& peer, uint64_t when);
  void OnTimer();
  void Retire(Peer& peer);
  void UpdateReference();
  void CheckIdle();

  uv_loop_t* loop_;
  std::shared_ptr<DatagramBuffers> buffers_;
  EndpointObserver* observer_;
  UdpSocket socket_;
  Timer timer_;
  uv_prepare_t* prepare_ = nullptr;
  uv_idle_t* idle_ = nullptr;
  std::unordered_map<Peer*, PeerPointer> peers_;
  std::unordered_map<std::string, Peer*> by_cid_;
  std::set<std::pair<uint64_t, Peer*>> wakes_;
  std::vector<PeerPointer> queue_;
  std::vector<PeerPointer> waiting_;
  DatagramBatch batch_;
  std::unique_ptr<ServerOptions> server_;
  std::array<uint8_t, 32> token_secret_{};
  Peer* client_ = nullptr;
  size_t open_count_ = 0;
  size_t handshakes_ = 0;
  size_t reset_budget_ = 0;
  uint64_t reset_second_ = 0;
  bool is_listening_ = false;
  bool is_listening_referenced_ = true;
  bool is_closed_ = false;
  bool was_used_ = false;
  // The time of the batch at hand.
  uint64_t now_ = 0;
};

}  // namespace quic
