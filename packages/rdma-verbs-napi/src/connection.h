#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loop.h"
#include "work.h"

namespace rdma {

// In the order of FAILURE_KINDS.
enum class Failure : uint8_t {
  kAddress,
  kRoute,
  kUnreachable,
  kRejected,
  kConnect,
  kDevice,
  kSystem,
  kCompletion,
  kNone = 255,
};

// Who hears of a connection. Anything may be done to the connection inside of these calls.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnResolved() = 0;
  virtual void OnEstablished(uint32_t initiator_depth, uint32_t responder_resources,
                             std::span<const uint8_t> private_data) = 0;
  // Before it was established; nothing follows.
  virtual void OnFailed(Failure failure, int code, std::span<const uint8_t> private_data) = 0;
  virtual void OnCompletions(uint32_t count) = 0;
  // After it was established; nothing follows.
  virtual void OnClosed(Failure failure, int code) = 0;
  virtual void OnAsynchronous(int type, int port) = 0;
};

struct Addresses {
  std::string local;
  uint16_t local_port = 0;
  std::string remote;
  uint16_t remote_port = 0;
};

// What one end wants.
struct EndpointOptions {
  std::shared_ptr<Region> receives;
  uint32_t receive_size = 0;
  uint32_t receive_count = 0;
  uint32_t send_queue_depth = 0;
  std::vector<uint8_t> private_data;
  uint32_t initiator_depth = 0;
  uint32_t responder_resources = 0;
  uint32_t retry_count = 0;
  uint32_t rnr_retry_count = 0;
};

// What an incoming connection asks for.
struct Request {
  std::vector<uint8_t> private_data;
  uint32_t initiator_depth = 0;
  uint32_t responder_resources = 0;
};

struct Statistics {
  uint64_t completions = 0;
  uint64_t batches = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t bytes_read = 0;
};

// A queue pair and its way into and out of existence. Its providers differ in how work is done.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Loop& loop) : loop_(loop) {}
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void set_observer(Observer* observer) { observer_ = observer; }
  virtual std::string device_name() const = 0;
  virtual std::shared_ptr<Domain> domain() = 0;
  virtual Addresses addresses() const = 0;
  const Request& request() const { return request_; }
  uint32_t max_send_ranges() const { return max_send_ranges_; }
  uint32_t max_read_ranges() const { return max_read_ranges_; }
  uint32_t send_queue_depth() const { return sends_.capacity(); }
  uint32_t outstanding() const { return sends_.size(); }
  const Statistics& statistics() const { return statistics_; }

  // Makes the queue pair, posts all receives, and connects or accepts.
  virtual Problem Establish(const EndpointOptions& options) = 0;
  virtual void Reject(std::span<const uint8_t> private_data) = 0;
  // Delivers completions from here on, `capacity` at a time into `records`.
  void Start(Completion* records, uint32_t capacity);
  // 0, or what SendQueue says, or an errno.
  int Submit(const uint32_t* words, size_t word_count, const uint32_t* slots, size_t slot_count);
  // Orderly: OnClosed follows.
  void Disconnect();
  // At once and without a word; nobody hears of anything any more.
  void Destroy();
  virtual void SetReferenced(bool is_referenced) = 0;
  bool is_connecting() const { return state_ == State::kConnecting; }
  // Whether we have begun to connect or to accept.
  bool is_answered() const { return sends_.capacity() > 0; }

 protected:
  enum class State : uint8_t { kConnecting, kEstablished, kFailing, kGone };

  virtual int PostReceives(const uint32_t* slots, size_t count) = 0;
  // The requests of the queue from `first` on.
  virtual int PostSends(uint32_t first) = 0;
  virtual uint32_t PollCompletions(Completion* records, uint32_t capacity) = 0;
  // Everything that was posted has ended.
  virtual bool IsFlushed() const = 0;
  // Whether work may be flushed because the peer has disconnected, before anybody has said so.
  virtual bool IsFlushedByPeer() const = 0;
  // Puts the queue pair into its error state and tells the peer.
  virtual void StartDisconnect() = 0;
  // Lets go of everything of the system.
  virtual void Release() = 0;

  void Established(uint32_t initiator_depth, uint32_t responder_resources, std::span<const uint8_t> private_data);
  // An end before it was established.
  void FailConnecting(Failure failure, int code, std::span<const uint8_t> private_data = {});
  // The queue pair is in error or will be: what is on its way is flushed, then it is closed. The
  // first reason counts.
  void Fail(Failure failure, int code);
  // Takes completions out and hands them over; ends the connection where it has to.
  void Deliver();
  void DeferDeliver();
  // Counts one completion, and notes the first that failed.
  void Count(const Completion& completion, uint64_t sent_bytes);
  Observer* observer() const { return observer_; }
  bool is_wanted() const { return is_wanted_; }

  Loop& loop_;
  State state_ = State::kConnecting;
  Request request_;
  SendQueue sends_;
  uint32_t max_send_ranges_ = 1;
  uint32_t max_read_ranges_ = 1;
  Statistics statistics_;

 private:
  void Finish();

  Observer* observer_ = nullptr;
  Completion* records_ = nullptr;
  uint32_t capacity_ = 0;
  bool is_delivering_ = false;
  bool is_deferred_ = false;
  // We asked for the end ourselves.
  bool is_wanted_ = false;
  Failure failure_ = Failure::kNone;
  int code_ = 0;
  // A queue pair that does not flush is not waited for.
  Timer patience_;
};

// Waits for connections.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual std::string address() const = 0;
  virtual uint16_t port() const = 0;
  virtual void Close() = 0;
};

struct DeviceInfo {
  std::string name;
  std::string problem;
  // In the order of readLimits in lib/verbs.ts.
  std::vector<double> limits;
  uint64_t max_region_size = 0;
  std::string firmware;
};

// A way to do RDMA, in one environment.
class Provider {
 public:
  using Incoming = std::function<void(std::shared_ptr<Connection>)>;
  virtual ~Provider() = default;
  // Empty where it can be used.
  virtual std::string Unavailable() = 0;
  virtual std::vector<DeviceInfo> Devices() = 0;
  virtual Problem Resolve(const std::string& address, uint16_t port, const std::string& local, int timeout_ms,
                          std::shared_ptr<Connection>* result) = 0;
  virtual Problem Listen(const std::string& address, uint16_t port, int backlog, Incoming incoming,
                         std::shared_ptr<Listener>* result) = 0;
  // For the end of the environment: connections and listeners are closed before.
  virtual void Close() = 0;
};

}  // namespace rdma
