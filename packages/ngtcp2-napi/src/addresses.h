#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>

namespace quic {

// An IPv4 or IPv6 address with its port.
class Address {
 public:
  Address() = default;
  Address(const sockaddr* address, socklen_t length);

  // `text` is numeric, IPv6 possibly with a %scope; nothing is resolved.
  static std::optional<Address> Parse(const std::string& text, uint16_t port);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  void set_size(socklen_t size) { size_ = size; }
  int family() const { return storage_.ss_family; }

  uint16_t port() const;
  void set_port(uint16_t port);
  // The numeric host, IPv4-mapped addresses as IPv4.
  std::string host() const;

  bool operator==(const Address& other) const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace quic
