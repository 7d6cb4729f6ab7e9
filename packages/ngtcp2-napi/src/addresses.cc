#include "addresses.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>

namespace quic {

Address::Address(const sockaddr* address, socklen_t length) : size_(length) {
  if (size_ > sizeof(storage_)) size_ = sizeof(storage_);
  std::memcpy(&storage_, address, size_);
}

std::optional<Address> Address::Parse(const std::string& text, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  Address address(found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  address.set_port(port);
  return address;
}

uint16_t Address::port() const {
  return family() == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port)
                              : ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
}

void Address::set_port(uint16_t port) {
  if (family() == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&storage_)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = htons(port);
  }
}

std::string Address::host() const {
  if (size_ == 0) return "";
  char text[NI_MAXHOST];
  if (getnameinfo(data(), size_, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) return "";
  std::string host(text);
  return host.rfind("::ffff:", 0) == 0 && host.find('.') != std::string::npos ? host.substr(7) : host;
}

bool Address::operator==(const Address& other) const {
  return size_ == other.size_ && std::memcmp(&storage_, &other.storage_, size_) == 0;
}

}  // namespace quic
