#include "test-provider.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

namespace rdma {

namespace {

constexpr uint16_t kFirstPort = 49152;
constexpr uint16_t kPorts = 16384;
constexpr size_t kMaxGreeting = 64;
constexpr uint64_t kMaxRegion = 0xffff'ffff;

std::atomic<uint16_t> next_port = 0;

// Ports of the requesting side are for show.
uint16_t NextPort() { return kFirstPort + (next_port++ + static_cast<uint16_t>(getpid()) * 7) % kPorts; }

// The address as everybody writes it; empty where it is none.
std::string Canonical(const std::string& address) {
  uint8_t bytes[sizeof(in6_addr)];
  char text[INET6_ADDRSTRLEN];
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, address.c_str(), bytes) == 1) return inet_ntop(family, bytes, text, sizeof(text));
  }
  return {};
}

bool IsIpv6(const std::string& address) { return address.find(':') != std::string::npos; }

}  // namespace

std::vector<DeviceInfo> TestProvider::Devices() {
  DeviceInfo device;
  device.name = "test0";
  device.limits = {4, 4, 65536, 16384, 65536, 65536, 32, 32, 65536, 1};
  device.max_region_size = kMaxRegion;
  device.firmware = "none";
  return {device};
}

Problem TestProvider::Resolve(const std::string& address, uint16_t port, const std::string& local, int,
                              std::shared_ptr<Connection>* result) {
  const std::string remote = Canonical(address);
  if (remote.empty()) return {"address", "\"" + address + "\" is no IP address", 0};
  AllowAccess();
  const std::string wildcard = IsIpv6(remote) ? "::" : "0.0.0.0";
  const std::string loopback = IsIpv6(remote) ? "::1" : "127.0.0.1";
  Addresses addresses{local.empty() ? loopback : local, NextPort(), remote, port};
  auto connection = std::make_shared<TestConnection>(loop_, domains_, std::move(addresses));
  connection->Resolve({SocketName(remote, port), SocketName(wildcard, port)});
  *result = std::move(connection);
  return {};
}

Problem TestProvider::Listen(const std::string& address, uint16_t port, int backlog, Incoming incoming,
                             std::shared_ptr<Listener>* result) {
  AllowAccess();
  auto listener = std::make_shared<TestListener>(loop_, domains_, std::move(incoming));
  const Problem problem = listener->Open(address, port, backlog);
  if (!problem) *result = std::move(listener);
  return problem;
}

Problem TestListener::Open(const std::string& address, uint16_t port, int backlog) {
  address_ = Canonical(address);
  if (address_.empty()) return {"address", "\"" + address + "\" is no IP address", 0};
  port_ = port == 0 ? NextPort() : port;
  fd_ = ListenAt(SocketName(address_, port_), backlog);
  for (int tries = 0; port == 0 && fd_ == -EADDRINUSE && tries < kPorts; tries += 1) {
    port_ = NextPort();
    fd_ = ListenAt(SocketName(address_, port_), backlog);
  }
  int error = fd_ < 0 ? -fd_ : poll_.Open(loop_, fd_, [this](int) { OnReady(); });
  if (error != 0) return {"system", "Cannot listen on " + address_ + " port " + std::to_string(port_), error};
  poll_.SetReferenced(true);
  poll_.Start(UV_READABLE);
  return {};
}

void TestListener::OnReady() {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (greeting_.size() >= kMaxGreeting) {
    close(fd);
    return;
  }
  const std::string remote = IsIpv6(address_) ? "::1" : "127.0.0.1";
  auto connection = std::make_shared<TestConnection>(loop_, domains_, Addresses{address_, port_, remote, 0});
  greeting_.insert(connection);
  const bool is_open = connection->Adopt(fd, [this, raw = connection.get()](TestConnection* arrived) {
    OnArrived(raw, arrived != nullptr);
  });
  if (!is_open) {
    greeting_.erase(connection);
    connection->Destroy();
  }
}

void TestListener::OnArrived(TestConnection* connection, bool is_right) {
  const auto held = std::static_pointer_cast<TestConnection>(connection->shared_from_this());
  greeting_.erase(held);
  if (is_right) incoming_(held);
}

void TestListener::Close() {
  poll_.Close();
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  for (const auto& connection : std::exchange(greeting_, {})) connection->Destroy();
}

}  // namespace rdma
