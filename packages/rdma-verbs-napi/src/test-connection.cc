#include "test-connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace rdma {

namespace {

constexpr int kNobodyListens = 8;
constexpr int kApplicationRefused = 28;
constexpr uint32_t kRanges = 4;
constexpr uint32_t kMaxDepth = 32;
constexpr uint64_t kProbe = 0x6b'6f'6f'6c'20'6e'61'63;

uint64_t probe = kProbe;

}  // namespace

Greeting MakeGreeting() {
  Greeting greeting;
  greeting.probe_address = reinterpret_cast<uint64_t>(&probe);
  greeting.probe_value = probe;
  return greeting;
}

std::string SocketName(const std::string& address, uint16_t port) {
  return "rdma-verbs-napi/test/[" + address + "]:" + std::to_string(port);
}

TestConnection::TestConnection(Loop& loop, Domains& domains, Addresses addresses)
    : Connection(loop), domain_(std::make_shared<TestDomain>()), addresses_(std::move(addresses)) {
  domains.Add(domain_);
  max_send_ranges_ = kRanges;
  max_read_ranges_ = kRanges;
}

TestConnection::~TestConnection() { Release(); }

void TestConnection::Resolve(std::vector<std::string> names) {
  names_ = std::move(names);
  loop_.Defer([self = shared_from_this(), this] {
    if (state_ == State::kConnecting && observer() != nullptr) observer()->OnResolved();
  });
}

bool TestConnection::Adopt(int fd, Arrived arrived) {
  socket_.Adopt(fd);
  is_incoming_ = true;
  arrived_ = std::move(arrived);
  return Open() == 0;
}

int TestConnection::Open() {
  peer_ = socket_.Peer();
  if (peer_ == 0) return EPERM;
  const int error = poll_.Open(loop_, socket_.fd(), [this](int events) { OnReady(events); });
  if (error != 0) return error;
  poll_.SetReferenced(is_referenced_);
  UpdateEvents();
  return 0;
}

Problem TestConnection::Establish(const EndpointOptions& options) {
  if (state_ != State::kConnecting) return {"closed", "The peer has given up", 0};
  options_ = options;
  options_.initiator_depth = std::min(options.initiator_depth, kMaxDepth);
  options_.responder_resources = std::min(options.responder_resources, kMaxDepth);
  sends_ = SendQueue(options.send_queue_depth);
  for (uint32_t slot = 0; slot < options.receive_count; slot += 1) receives_.push_back(slot);
  if (is_incoming_) {
    if (!Greet(FrameType::kAccept)) return {"connect", "The peer has gone", ECONNRESET};
    const uint32_t depth = std::min(options_.initiator_depth, request_.responder_resources);
    agreed_resources_ = std::min(options_.responder_resources, request_.initiator_depth);
    loop_.Defer([self = shared_from_this(), this, depth] {
      Established(depth, agreed_resources_, {});
      ProcessInput();
      UpdateEvents();
    });
    return {};
  }
  int error = ECONNREFUSED;
  for (size_t index = 0; index < names_.size() && error == ECONNREFUSED; index += 1) {
    error = socket_.Connect(names_[index]);
  }
  if (error == 0) error = Open();
  if (error == 0 && !Greet(FrameType::kHello)) error = ECONNRESET;
  if (error != 0) {
    loop_.Defer([self = shared_from_this(), this, error] {
      if (error == ECONNREFUSED) FailConnecting(Failure::kRejected, kNobodyListens);
      else FailConnecting(Failure::kConnect, error);
    });
  }
  return {};
}

bool TestConnection::Greet(FrameType type) {
  Greeting greeting = MakeGreeting();
  greeting.initiator_depth = options_.initiator_depth;
  greeting.responder_resources = options_.responder_resources;
  greeting.rnr_retry_count = options_.rnr_retry_count;
  greeting.port = addresses_.local_port;
  Frame frame;
  frame.type = type;
  const iovec parts[] = {{&greeting, sizeof(greeting)}, {options_.private_data.data(), options_.private_data.size()}};
  const bool is_sent = socket_.Send(frame, parts);
  UpdateEvents();
  return is_sent;
}

void TestConnection::Reject(std::span<const uint8_t> private_data) {
  if (state_ != State::kConnecting || !is_incoming_) return;
  Frame frame;
  frame.type = FrameType::kReject;
  const iovec part{const_cast<uint8_t*>(private_data.data()), private_data.size()};
  socket_.Send(frame, {&part, 1});
  Destroy();
}

bool TestConnection::ReadGreeting(const Frame& frame, Greeting* greeting, std::span<const uint8_t>* private_data) {
  if (frame.length < sizeof(Greeting)) return false;
  std::memcpy(greeting, socket_.payload(), sizeof(Greeting));
  if (greeting->magic != Greeting::kMagic) return false;
  *private_data = {socket_.payload() + sizeof(Greeting), frame.length - sizeof(Greeting)};
  peer_rnr_retry_count_ = greeting->rnr_retry_count;
  return true;
}

// 0 where we may reach the memory of the process at the other end.
static int ProbePeer(pid_t peer, const Greeting& greeting) {
  const RemoteRange range{greeting.probe_address, sizeof(uint64_t)};
  uint64_t value = 0;
  const int error = CopyFromProcess(peer, reinterpret_cast<uint8_t*>(&value), {&range, 1});
  if (error != 0) return error;
  return value == greeting.probe_value ? 0 : EFAULT;
}

void TestConnection::OnHello(const Frame& frame) {
  Greeting greeting;
  std::span<const uint8_t> private_data;
  const bool is_right = is_incoming_ && arrived_ && ReadGreeting(frame, &greeting, &private_data);
  if (!is_right || ProbePeer(peer_, greeting) != 0) return Malformed();
  request_.private_data.assign(private_data.begin(), private_data.end());
  request_.initiator_depth = greeting.initiator_depth;
  request_.responder_resources = greeting.responder_resources;
  addresses_.remote_port = static_cast<uint16_t>(greeting.port);
  std::exchange(arrived_, nullptr)(this);
}

void TestConnection::OnAccept(const Frame& frame) {
  Greeting greeting;
  std::span<const uint8_t> private_data;
  const bool is_right = !is_incoming_ && state_ == State::kConnecting;
  if (!is_right || !ReadGreeting(frame, &greeting, &private_data)) return Malformed();
  const int error = ProbePeer(peer_, greeting);
  if (error != 0) return FailConnecting(Failure::kSystem, error);
  agreed_resources_ = std::min(options_.responder_resources, greeting.initiator_depth);
  const std::vector<uint8_t> kept(private_data.begin(), private_data.end());
  Established(std::min(options_.initiator_depth, greeting.responder_resources), agreed_resources_, kept);
}

void TestConnection::OnReady(int events) {
  const auto self = shared_from_this();
  if ((events & UV_WRITABLE) != 0 && !socket_.Flush()) is_lost_ = true;
  if ((events & UV_READABLE) != 0 && !socket_.Receive()) is_lost_ = true;
  if ((events & UV_DISCONNECT) != 0 && is_waiting()) is_lost_ = true;
  ProcessInput();
  if (is_lost_ && state_ != State::kGone) Lost();
  UpdateEvents();
  Deliver();
}

void TestConnection::ProcessInput() {
  const auto self = shared_from_this();
  // A request that waits for its answer is not followed by anything that could be looked at.
  while (state_ != State::kGone && (is_stalled_ || !is_waiting())) {
    bool is_malformed = false;
    const Frame* frame = socket_.Next(&is_malformed);
    if (is_malformed) return Malformed();
    if (frame == nullptr) return;
    is_stalled_ = !Process(*frame);
    if (is_stalled_) return;
    if (socket_.fd() < 0) return;
    socket_.Take();
  }
}

bool TestConnection::Process(const Frame& frame) {
  switch (frame.type) {
    case FrameType::kHello:
      OnHello(frame);
      return true;
    case FrameType::kAccept:
      OnAccept(frame);
      return true;
    case FrameType::kReject: {
      if (is_incoming_ || state_ != State::kConnecting || frame.length > kMaxFrame) {
        Malformed();
        return true;
      }
      FailConnecting(Failure::kRejected, kApplicationRefused, {socket_.payload(), frame.length});
      return true;
    }
    default:
      break;
  }
  if (state_ == State::kConnecting) {
    Malformed();
    return true;
  }
  if (frame.type == FrameType::kAnswer) OnAnswer(frame);
  else if (has_refused_ || is_error_) return true;
  else if (frame.type == FrameType::kSend) return OnSend(frame);
  else OnTransfer(frame);
  return true;
}

void TestConnection::Lost() {
  if (state_ == State::kConnecting) {
    if (auto arrived = std::exchange(arrived_, nullptr)) arrived(nullptr);
    return FailConnecting(Failure::kRejected, kApplicationRefused);
  }
  poll_.Stop();
  EnterError();
  Fail(Failure::kNone, 0);
}

void TestConnection::Malformed() {
  is_lost_ = true;
  if (state_ == State::kConnecting) {
    if (auto arrived = std::exchange(arrived_, nullptr)) arrived(nullptr);
    return FailConnecting(Failure::kSystem, EPROTO);
  }
  EnterError();
  Fail(Failure::kSystem, EPROTO);
}

void TestConnection::EnterError() {
  if (is_error_) return;
  is_error_ = true;
  while (sends_.size() > 0) {
    Work& work = sends_.at(sends_.head());
    const bool is_told = !work.is_done || (work.flags & kUnsignaled) == 0;
    if (is_told) Complete(work.op, work.id, work.is_done ? work.status : Status::kFlushed);
    sends_.PopFront();
  }
  for (const uint32_t slot : std::exchange(receives_, {})) Complete(Op::kReceive, slot, Status::kFlushed);
  DeferDeliver();
}

void TestConnection::UpdateEvents() {
  if (!poll_.is_open() || is_lost_) return poll_.Stop();
  const int writable = socket_.has_output() ? UV_WRITABLE : 0;
  poll_.Start((is_waiting() ? 0 : UV_READABLE) | writable | UV_DISCONNECT);
}

void TestConnection::SetReferenced(bool is_referenced) {
  is_referenced_ = is_referenced;
  poll_.SetReferenced(is_referenced);
}

void TestConnection::Release() {
  poll_.Close();
  socket_.Flush();
  socket_.Close();
  options_.receives.reset();
  arrived_ = nullptr;
}

}  // namespace rdma
