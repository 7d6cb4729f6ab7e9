#pragma once

#include <memory>
#include <unordered_set>

#include "connection.h"
#include "test-connection.h"

namespace rdma {

// For tests without RDMA: see test-connection.h.
class TestProvider final : public Provider {
 public:
  explicit TestProvider(Loop& loop) : loop_(loop) {}

  std::string Unavailable() override { return {}; }
  std::vector<DeviceInfo> Devices() override;
  Problem Resolve(const std::string& address, uint16_t port, const std::string& local, int timeout_ms,
                  std::shared_ptr<Connection>* result) override;
  Problem Listen(const std::string& address, uint16_t port, int backlog, Incoming incoming,
                 std::shared_ptr<Listener>* result) override;
  void Close() override { domains_.Clear(); }

 private:
  Loop& loop_;
  Domains domains_;
};

class TestListener final : public Listener {
 public:
  TestListener(Loop& loop, Domains& domains, Provider::Incoming incoming)
      : loop_(loop), domains_(domains), incoming_(std::move(incoming)) {}
  ~TestListener() override { Close(); }

  Problem Open(const std::string& address, uint16_t port, int backlog);
  std::string address() const override { return address_; }
  uint16_t port() const override { return port_; }
  void Close() override;

 private:
  void OnReady();
  void OnArrived(TestConnection* connection, bool is_right);

  Loop& loop_;
  Domains& domains_;
  Provider::Incoming incoming_;
  std::string address_;
  uint16_t port_ = 0;
  int fd_ = -1;
  Poll poll_;
  // Those whose request has not come yet.
  std::unordered_set<std::shared_ptr<TestConnection>> greeting_;
};

}  // namespace rdma
