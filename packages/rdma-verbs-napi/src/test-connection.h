#pragma once

#include <deque>
#include <memory>
#include <string>

#include "connection.h"
#include "test-domain.h"
#include "test-wire.h"

namespace rdma {

// A queue pair whose wire is a Unix socket. Each end plays the device for the other's requests: it
// checks them and answers, in order; READ and WRITE are done by the end that is asked.
class TestConnection final : public Connection {
 public:
  using Arrived = std::function<void(TestConnection*)>;

  TestConnection(Loop& loop, Domains& domains, Addresses addresses);
  ~TestConnection() override;

  // The connecting side: the names to try.
  void Resolve(std::vector<std::string> names);
  // The accepting side. `arrived` is called when the request is there, or with null when it never will.
  bool Adopt(int fd, Arrived arrived);

  std::string device_name() const override { return "test0"; }
  std::shared_ptr<Domain> domain() override { return domain_; }
  Addresses addresses() const override { return addresses_; }
  Problem Establish(const EndpointOptions& options) override;
  void Reject(std::span<const uint8_t> private_data) override;
  void SetReferenced(bool is_referenced) override;

 protected:
  int PostReceives(const uint32_t* slots, size_t count) override;
  int PostSends(uint32_t first) override;
  uint32_t PollCompletions(Completion* records, uint32_t capacity) override;
  bool IsFlushed() const override { return pending_.empty() && (is_lost_ || !socket_.has_output()); }
  bool IsFlushedByPeer() const override { return true; }
  void StartDisconnect() override { EnterError(); }
  void Release() override;

 private:
  int Open();
  void OnReady(int events);
  void ProcessInput();
  // False where the rest has to wait.
  bool Process(const Frame& frame);
  void OnHello(const Frame& frame);
  void OnAccept(const Frame& frame);
  bool ReadGreeting(const Frame& frame, Greeting* greeting, std::span<const uint8_t>* private_data);
  bool Greet(FrameType type);
  void OnAnswer(const Frame& frame);
  bool OnSend(const Frame& frame);
  void OnTransfer(const Frame& frame);
  Status CheckTransfer(const Frame& frame, std::vector<RemoteRange>* ranges);
  void Answer(Status status);
  // The peer asked for what our device refuses.
  void Refuse(Op op, Status status);
  bool Transmit(const Work& work);
  Status PostLocal(const Work& work);
  // Takes requests that have ended from the front of the queue.
  void Retire();
  // What is on its way is flushed, and the peer hears of it.
  void EnterError();
  void Complete(Op op, uint32_t id, Status status, uint64_t bytes = 0);
  void Lost();
  void Malformed();
  // Waiting for our own side, for a receive or for an answer to the request: then nothing is read.
  bool is_waiting() const { return is_stalled_ || (is_incoming_ && state_ == State::kConnecting && !arrived_); }
  void UpdateEvents();

  std::shared_ptr<TestDomain> domain_;
  Addresses addresses_;
  std::vector<std::string> names_;
  Arrived arrived_;
  FrameSocket socket_;
  Poll poll_;
  pid_t peer_ = 0;
  EndpointOptions options_;
  uint32_t peer_rnr_retry_count_ = 0;
  uint32_t agreed_resources_ = 0;
  std::deque<uint32_t> receives_;
  // A completion and the bytes that it stands for in the statistics.
  std::deque<std::pair<Completion, uint64_t>> pending_;
  bool is_incoming_ = false;
  bool is_error_ = false;
  // A request was refused: what follows it is not looked at, as its sender is in error.
  bool has_refused_ = false;
  bool is_stalled_ = false;
  bool is_lost_ = false;
  bool is_referenced_ = true;
};

// Our memory, for the peer to see whether it may.
Greeting MakeGreeting();
std::string SocketName(const std::string& address, uint16_t port);

}  // namespace rdma
