#pragma once

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tls-context.h"

namespace quic {

// How much of the peer's certificate must be right.
enum class VerifyMode : uint8_t {
  kNone,  // nothing; the result is still computed and reported
  kCa,    // the chain, not the name
  kFull,  // the chain, the purpose and the name
};

struct TlsSessionOptions {
  bool is_server = false;
  std::vector<std::string> alpn;
  // Sent as SNI; empty for an address.
  std::string server_name;
  // What the certificate must be for: a DNS name or an address.
  std::string verify_name;
  VerifyMode verify = VerifyMode::kFull;
  // Server: ask for a certificate; require one.
  bool request_certificate = false;
  bool require_certificate = false;
  // Server: give clients tickets to resume with.
  bool session_tickets = true;
  // Client: a ticket of an earlier session.
  std::vector<uint8_t> ticket;
};

// What was found about the peer's certificate.
struct Verification {
  bool done = false;
  bool accepted = false;
  // The bits of gnutls_certificate_status_t.
  uint32_t status = 0;
  // The sentence of GnuTLS, for logs.
  std::string text;
  // DER, the peer's own certificate first.
  std::vector<std::vector<uint8_t>> chain;
  // The TLS alert that was sent because of it, or -1.
  int alert = -1;
};

// A GnuTLS session set up for QUIC.
class TlsSession {
 public:
  TlsSession() = default;
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // `reference` must outlive the session. An error sentence or "".
  std::string Init(std::shared_ptr<TlsContext> context, TlsSessionOptions options, ngtcp2_crypto_conn_ref* reference,
                   std::function<void(std::vector<uint8_t>)> on_ticket);

  gnutls_session_t handle() const { return session_; }
  const Verification& verification() const { return verification_; }
  std::string alpn() const;
  std::string cipher() const;
  std::string group() const;
  std::string server_name() const;
  bool is_resumed() const;
  // Client: whether the server has asked for a certificate.
  bool was_certificate_requested() const;
  // Server: gives the client a ticket for a later session.
  void SendTicket();

 private:
  int Verify();
  bool HasSubjectAltName() const;
  static int AlertFor(uint32_t status);
  static TlsSession* From(gnutls_session_t session);

  std::shared_ptr<TlsContext> context_;
  TlsSessionOptions options_;
  std::function<void(std::vector<uint8_t>)> on_ticket_;
  Verification verification_;
  gnutls_session_t session_ = nullptr;
};

}  // namespace quic
