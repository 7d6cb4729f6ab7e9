#pragma once

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "addresses.h"
#include "stream.h"
#include "tls-session.h"

namespace quic {

constexpr size_t kCidLength = 18;

struct ConnectionOptions {
  std::shared_ptr<TlsContext> context;
  TlsSessionOptions tls;
  // Nanoseconds; 0: none.
  uint64_t handshake_timeout = 5'000'000'000;
  uint64_t idle_timeout = 30'000'000'000;
  uint64_t keep_alive = 10'000'000'000;
  // Receive windows in bytes: at the start, and how far they may grow.
  uint64_t connection_window = 24 << 20;
  uint64_t stream_window = 16 << 20;
  uint64_t max_connection_window = 96 << 20;
  uint64_t max_stream_window = 64 << 20;
  uint64_t max_bidi_streams = 100;
  uint64_t max_uni_streams = 100;
  ngtcp2_cc_algo congestion = NGTCP2_CC_ALGO_CUBIC;
  uint64_t initial_rtt = 0;
  // The largest datagram to try, in bytes; the path decides.
  uint32_t max_datagram = 65'400;
  bool discover_mtu = true;
  // The version to start with, and all that are spoken, best first.
  uint32_t version = NGTCP2_PROTO_VER_V1;
  std::vector<uint32_t> versions = {NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};
  // Client: an address validation token of an earlier connection.
  std::vector<uint8_t> token;
  // 32 bytes; makes stateless reset tokens.
  std::array<uint8_t, 32> reset_secret{};
};

// What a server knows of a client's first packet.
struct Initial {
  ngtcp2_pkt_hd header{};
  // Set where a Retry preceded: the id that the client chose first.
  std::optional<ngtcp2_cid> original_dcid;
  ngtcp2_token_type token_type = NGTCP2_TOKEN_TYPE_UNKNOWN;
};

// Why a connection ended.
struct CloseReason {
  enum class Kind : uint8_t {
    kNone,
    kTransport,           // CONNECTION_CLOSE with a transport error, or a TLS alert as 0x100 + alert
    kApplication,         // CONNECTION_CLOSE of the application
    kIdleTimeout,
    kHandshakeTimeout,
    kStatelessReset,
    kVersionNegotiation,  // no version in common
    kSystem,              // the socket; `code` is the errno
    kDropped,             // a server that gave a connection attempt up in silence
  };
  Kind kind = Kind::kNone;
  uint64_t code = 0;
  bool is_remote = false;
  std::string reason;
};

struct Event {
  enum class Type : uint8_t {
    kHandshakeCompleted,
    kHandshakeConfirmed,
    kStreamOpened,
    kStreamReset,     // value: the peer's error code
    kStopSending,     // the peer wants no more; value: its error code, 0 where ngtcp2 does not tell
    kStreamClosed,    // value: an error code; flag: whether there is one
    kWritten,         // value: how many writes
    kTicket,
    kToken,
    kKeyUpdated,
    kClosed,
  };
  Type type;
  uint32_t key = 0;
  uint64_t value = 0;
  bool flag = false;
  std::vector<uint8_t> bytes;
};

// Datagrams to be sent, one behind the other: all of `segment` bytes, the last possibly shorter.
struct Outgoing {
  size_t size = 0;
  size_t segment = 0;
  uint8_t ecn = 0;
};

// A QUIC connection without any I/O of its own: datagrams are fed in, datagrams are pulled out, the
// owner asks when it wants to be woken. Nothing of the application runs inside of its calls.
class Connection {
 public:
  // Told of connection ids, by which a server finds the connection of a datagram.
  class Registry {
   public:
    virtual ~Registry() = default;
    virtual void AddCid(const ngtcp2_cid& cid) = 0;
    virtual void RemoveCid(const ngtcp2_cid& cid) = 0;
  };

  static std::unique_ptr<Connection> Client(ConnectionOptions options, const Address& local, const Address& remote,
                                            Registry* registry, uint64_t now, std::string* error);
  static std::unique_ptr<Connection> Server(ConnectionOptions options, const Address& local, const Address& remote,
                                            const Initial& initial, Registry* registry, uint64_t now,
                                            std::string* error);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- datagrams and time
  enum class FeedResult : uint8_t { kOk, kRetry, kDrop };
  FeedResult Feed(const Address& local, const Address& remote, uint8_t ecn, std::span<const uint8_t> datagram, uint64_t now);
  // Writes the next datagrams to the start of `into`, which has room for the largest one at least: as
  // many of one size as `budget` bytes allow, or as the version of ngtcp2 gives at a time. Size 0:
  // nothing may be sent now.
  Outgoing Pull(std::span<uint8_t> into, size_t budget, ngtcp2_path_storage* path, uint64_t now);
  // Tells that a burst of Pull has ended: pacing counts from here.
  void EndBurst(uint64_t now);
  // How many bytes one burst may have.
  size_t Quantum() const;
  // When to call Expire, in nanoseconds; UINT64_MAX: never.
  uint64_t Expiry() const;
  void Expire(uint64_t now);
  // The largest datagram that Pull may write now.
  size_t MaxDatagram() const;

  // Finds the streams on which the peer wants no more.
  void CheckStopped();

  // --- what happened
  std::vector<Event> TakeEvents();
  bool has_events() const { return !events_.empty(); }
  // Streams whose targets got bytes since the last call.
  std::vector<uint32_t> TakeNews();
  bool has_full_target() const { return has_full_target_; }

  // --- streams
  Stream& Open(bool bidirectional);
  Stream* Find(uint32_t key);
  void Write(Stream& stream, std::vector<SendPart> parts, bool by_reference);
  void Finish(Stream& stream);
  void Reset(Stream& stream, uint64_t code);
  void StopSending(Stream& stream, uint64_t code);
  void SetTarget(Stream& stream, std::unique_ptr<ReceiveTarget> target);
  // The application is done with a stream that is closed.
  void Release(Stream& stream);

  // --- the connection
  // Ends it; the datagram that tells the peer is written to `into`. Size 0: there is none.
  size_t Close(CloseReason reason, std::span<uint8_t> into, ngtcp2_path_storage* path, uint64_t now);
  // The socket or the owner failed: nothing is sent.
  void Abort(CloseReason reason);
  bool UpdateKeys(uint64_t now);
  bool is_closed() const { return close_.kind != CloseReason::Kind::kNone; }
  // An error was found here, of which the peer must be told by Close.
  bool must_close() const { return must_close_.has_value(); }
  CloseReason TakeMustClose();
  const CloseReason& close_reason() const { return close_; }
  bool is_established() const { return is_established_; }
  bool is_server() const { return is_server_; }
  uint64_t Pto() const;
  TlsSession* tls() { return tls_.get(); }
  ngtcp2_conn* handle() { return conn_; }
  std::vector<ngtcp2_cid> Cids() const;
  ngtcp2_cid original_dcid() const { return original_dcid_; }
  // Updates that were started here.
  uint64_t key_updates() const { return key_updates_; }
  // UDP payload in bytes.
  uint64_t bytes_received() const { return bytes_received_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  bool has_had_retry() const;
  void SubmitToken(std::span<const uint8_t> token);

 private:
  friend struct Callbacks;
  Connection(ConnectionOptions options, bool is_server, Registry* registry);
  std::string Start(const Address& local, const Address& remote, const Initial* initial, uint64_t now);
  void FillSettings(ngtcp2_settings& settings, uint64_t now);
  void FillParameters(ngtcp2_transport_params& parameters) const;
  std::string StartTls();
  Stream& Adopt(int64_t id, bool is_local);
  void OpenPending();
  bool TryOpen(Stream& stream);
  void Stopped(Stream& stream, uint64_t code);
  void Schedule(Stream& stream);
  void Unblock();
  ngtcp2_ssize WriteSome(std::span<uint8_t> into, size_t budget, ngtcp2_path* path, ngtcp2_pkt_info* info,
                         size_t* segment, uint64_t now);
  ngtcp2_ssize WriteOne(std::span<uint8_t> into, ngtcp2_path* path, ngtcp2_pkt_info* info, uint64_t now);
  void Fail(int error);
  void SetClosed(CloseReason reason);
  void Emit(Event event) { events_.push_back(std::move(event)); }
  void ReportWritten(Stream& stream);
  void Consumed(Stream& stream, size_t bytes);

  ConnectionOptions options_;
  bool is_server_;
  Registry* registry_;
  ngtcp2_crypto_conn_ref reference_{};
  // Streams own memory that ngtcp2 reads: they are declared before it is, and the destructor
  // deletes it first.
  std::unordered_map<uint32_t, std::unique_ptr<Stream>> streams_;
  std::deque<Stream*> scheduled_;
  std::vector<Stream*> blocked_;
  std::deque<uint32_t> pending_open_;
  std::vector<uint32_t> news_;
  std::vector<Event> events_;
  std::vector<uint16_t> probes_;
  std::unique_ptr<TlsSession> tls_;
  ngtcp2_conn* conn_ = nullptr;
  CloseReason close_;
  std::optional<CloseReason> must_close_;
  ngtcp2_cid original_dcid_{};
  uint32_t next_key_ = 1;
  uint64_t key_updates_ = 0;
  uint64_t bytes_received_ = 0;
  uint64_t bytes_sent_ = 0;
  bool is_established_ = false;
  bool has_full_target_ = false;
  bool needs_retry_ = false;
  bool was_reset_ = false;
};

// Random bytes for keys and ids.
void Random(std::span<uint8_t> into);

}  // namespace quic
