#pragma once

#include <gnutls/gnutls.h>

#include <memory>
#include <string>
#include <vector>

namespace quic {

struct TlsContextOptions {
  bool is_server = false;
  // PEM or DER certificates that are trusted as issuers.
  std::vector<std::string> ca;
  std::vector<std::string> ca_files;
  std::vector<std::string> ca_directories;
  bool system_ca = true;
  std::vector<std::string> crl;
  std::vector<std::string> crl_files;
  // PEM: our own certificate with its chain, and its key.
  std::string certificate;
  std::string key;
  std::string key_password;
  // GnuTLS priority string; empty: TLS 1.3 with the ciphers that QUIC has.
  std::string priority;
  // 64 bytes; empty: random. Servers that share it accept each other's session tickets.
  std::string ticket_key;
};

// Trust, identity and ciphers, shared by any number of connections. Immutable.
class TlsContext {
 public:
  // nullptr and a sentence in `error` where a file or a certificate cannot be used.
  static std::shared_ptr<TlsContext> Create(const TlsContextOptions& options, std::string* error);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  gnutls_certificate_credentials_t credentials() const { return credentials_; }
  gnutls_priority_t priority() const { return priority_; }
  const gnutls_datum_t& ticket_key() const { return ticket_key_; }
  // How many issuers are trusted.
  size_t trusted() const { return trusted_; }

 private:
  TlsContext() = default;
  bool Load(const TlsContextOptions& options, std::string* error);
  bool LoadTrust(const TlsContextOptions& options, std::string* error);
  bool LoadRevocations(const TlsContextOptions& options, std::string* error);
  bool LoadIdentity(const TlsContextOptions& options, std::string* error);

  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_priority_t priority_ = nullptr;
  gnutls_datum_t ticket_key_{};
  size_t trusted_ = 0;
};

}  // namespace quic
