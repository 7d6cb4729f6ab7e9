#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "addresses.h"
#include "poll-handle.h"

namespace quic {

// What the socket reads into and writes from. One per event loop: it is used by one call at a time.
struct DatagramBuffers {
  static constexpr size_t kMessages = 8;
  static constexpr size_t kMessageSize = 65536;
  static constexpr size_t kSendSize = 4 * 65536;
  std::vector<uint8_t> receive = std::vector<uint8_t>(kMessages * kMessageSize);
  std::vector<uint8_t> send = std::vector<uint8_t>(kSendSize);
  // Changes whenever code of the application may have run: what was known of its memory is stale.
  uint64_t epoch = 0;
};

// One datagram as it arrived.
struct Datagram {
  std::span<const uint8_t> bytes;
  const Address& local;
  const Address& remote;
  uint8_t ecn;
};

// Datagrams to one peer that lie one behind the other.
struct DatagramBatch {
  struct Item {
    uint32_t size;
    uint8_t ecn;
  };
  const uint8_t* bytes = nullptr;
  std::vector<Item> items;
  // Empty for a connected socket.
  Address local;
  Address remote;
};

struct UdpOptions {
  Address bind;
  // Set for a client: the socket is connected, so that it hears of a closed port.
  Address connect;
  bool reuse_port = false;
  bool ipv6_only = false;
  int buffer_size = 4 << 20;
  bool gso = true;
  bool gro = true;
};

// Counts of system calls and datagrams.
struct UdpStatistics {
  uint64_t received_datagrams = 0;
  uint64_t receive_calls = 0;
  uint64_t sent_datagrams = 0;
  uint64_t send_calls = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
};

// A UDP socket on uv_poll: recvmmsg with GRO, sendmmsg with GSO, ECN, no fragmentation. Where the
// kernel refuses one of them it goes on without.
class UdpSocket {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnDatagram(const Datagram& datagram) = 0;
    // After the datagrams of one recvmmsg; false stops reading for this turn.
    virtual bool OnBatchEnd() = 0;
    virtual void OnWritable() = 0;
    // An error of the socket as errno: ECONNREFUSED where nobody listens.
    virtual void OnSocketError(int error) = 0;
  };

  UdpSocket(uv_loop_t* loop, std::shared_ptr<DatagramBuffers> buffers, Listener* listener);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // 0 or an errno.
  int Open(const UdpOptions& options);
  // `done` is called once the loop has let go of the handle.
  void Close(std::function<void()> done);

  void Ref() { poll_.Ref(); }
  void Unref() { poll_.Unref(); }

  // Sends everything or keeps the rest until the socket is writable. False: the kernel's queue is
  // full, call again only after OnWritable.
  bool Send(const DatagramBatch& batch);
  bool is_blocked() const { return !pending_.empty(); }

  const Address& local() const { return local_; }
  // What the kernel knows of the path's MTU, or 0.
  uint32_t PathMtu() const;
  const UdpStatistics& statistics() const { return statistics_; }
  bool uses_gso() const { return gso_; }
  bool uses_gro() const { return gro_; }

 private:
  struct Pending {
    std::vector<uint8_t> bytes;
    DatagramBatch batch;
  };

  void Receive();
  bool ReceiveBatch(unsigned* messages);
  void FlushPending();
  // How many items were sent; stops where the kernel's queue is full.
  size_t SendItems(const DatagramBatch& batch, size_t first, const uint8_t* bytes);
  size_t RunLength(const DatagramBatch& batch, size_t first) const;
  void SetOptions(const UdpOptions& options);
  void UpdateEvents();
  void OnPoll(int status, int events);

  PollHandle poll_;
  std::shared_ptr<DatagramBuffers> buffers_;
  Listener* listener_;
  bool gso_ = true;
  bool gro_ = true;
  bool connected_ = false;
  bool closed_ = false;
  std::vector<Pending> pending_;
  Address local_;
  UdpStatistics statistics_;
  // Outlives the object inside callbacks that may destroy it.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quic
