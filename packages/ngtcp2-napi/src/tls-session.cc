#include "tls-session.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>

#include "connection.h"

namespace quic {

namespace {

constexpr int kAlertBadCertificate = 42;
constexpr int kAlertCertificateRevoked = 44;
constexpr int kAlertCertificateExpired = 45;
constexpr int kAlertCertificateUnknown = 46;
constexpr int kAlertUnknownCa = 48;

}  // namespace

TlsSession::~TlsSession() {
  if (session_ != nullptr) gnutls_deinit(session_);
}

TlsSession* TlsSession::From(gnutls_session_t session) {
  auto* reference = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
  return static_cast<Connection*>(reference->user_data)->tls();
}

std::string TlsSession::Init(std::shared_ptr<TlsContext> context, TlsSessionOptions options,
                             ngtcp2_crypto_conn_ref* reference,
                             std::function<void(std::vector<uint8_t>)> on_ticket) {
  context_ = std::move(context);
  options_ = std::move(options);
  on_ticket_ = std::move(on_ticket);
  unsigned flags = options_.is_server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET
                                      // Servers that name no issuers, or others, may accept it all the same.
                                      : GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;
  int code = gnutls_init(&session_, flags);
  if (code != 0) return gnutls_strerror(code);
  gnutls_session_set_ptr(session_, reference);
  code = gnutls_priority_set(session_, context_->priority());
  if (code == 0) code = gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, context_->credentials());
  if (code != 0) return gnutls_strerror(code);
  const int configured = options_.is_server ? ngtcp2_crypto_gnutls_configure_server_session(session_)
                                            : ngtcp2_crypto_gnutls_configure_client_session(session_);
  if (configured != 0) return "GnuTLS cannot do QUIC";
  std::vector<gnutls_datum_t> protocols;
  for (const auto& name : options_.alpn) {
    protocols.push_back({reinterpret_cast<unsigned char*>(const_cast<char*>(name.data())), static_cast<unsigned>(name.size())});
  }
  // A server without any ignores what clients offer; a client that hears of none ends the connection.
  if (!protocols.empty()) gnutls_alpn_set_protocols(session_, protocols.data(), static_cast<unsigned>(protocols.size()), GNUTLS_ALPN_MANDATORY);
  gnutls_session_set_verify_function(session_, [](gnutls_session_t session) { return From(session)->Verify(); });
  if (options_.is_server) {
    if (options_.request_certificate || options_.require_certificate) {
      gnutls_certificate_server_set_request(session_, options_.require_certificate ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
    }
    if (options_.session_tickets) gnutls_session_ticket_enable_server(session_, &context_->ticket_key());
    return "";
  }
  if (!options_.server_name.empty()) {
    gnutls_server_name_set(session_, GNUTLS_NAME_DNS, options_.server_name.data(), options_.server_name.size());
  }
  gnutls_handshake_set_hook_function(session_, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST,
                                     [](gnutls_session_t session, unsigned, unsigned, unsigned, const gnutls_datum_t*) {
                                       gnutls_datum_t data{};
                                       if (gnutls_session_get_data2(session, &data) != 0) return 0;
                                       auto* self = From(session);
                                       if (self->on_ticket_) self->on_ticket_({data.data, data.data + data.size});
                                       gnutls_free(data.data);
                                       return 0;
                                     });
  // A ticket that cannot be used is no failure: the handshake is a full one then.
  if (!options_.ticket.empty()) gnutls_session_set_data(session_, options_.ticket.data(), options_.ticket.size());
  return "";
}

int TlsSession::AlertFor(uint32_t status) {
  if ((status & GNUTLS_CERT_REVOKED) != 0) return kAlertCertificateRevoked;
  if ((status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA)) != 0) return kAlertUnknownCa;
  if ((status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)) != 0) return kAlertCertificateExpired;
  if ((status & GNUTLS_CERT_UNEXPECTED_OWNER) != 0) return kAlertCertificateUnknown;
  return kAlertBadCertificate;
}

// GnuTLS falls back to the common name for certificates without subjectAltName; we do not.
bool TlsSession::HasSubjectAltName() const {
  gnutls_x509_crt_t certificate = nullptr;
  if (verification_.chain.empty() || gnutls_x509_crt_init(&certificate) != 0) return false;
  const auto& der = verification_.chain.front();
  const gnutls_datum_t datum{const_cast<unsigned char*>(der.data()), static_cast<unsigned>(der.size())};
  bool found = false;
  if (gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER) == 0) {
    for (unsigned index = 0; !found; ++index) {
      char name[512];
      size_t size = sizeof(name);
      const int type = gnutls_x509_crt_get_subject_alt_name(certificate, index, name, &size, nullptr);
      if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER) break;
      found = type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_IPADDRESS || type == GNUTLS_E_SHORT_MEMORY_BUFFER;
    }
  }
  gnutls_x509_crt_deinit(certificate);
  return found;
}

// Called by GnuTLS when the peer's certificate has arrived. Nonzero ends the handshake.
int TlsSession::Verify() {
  verification_ = Verification{};
  verification_.done = true;
  unsigned count = 0;
  const gnutls_datum_t* certificates = gnutls_certificate_get_peers(session_, &count);
  for (unsigned index = 0; index < count; ++index) {
    verification_.chain.emplace_back(certificates[index].data, certificates[index].data + certificates[index].size);
  }
  if (count == 0) {
    verification_.accepted = !options_.require_certificate && (options_.is_server || options_.verify == VerifyMode::kNone);
    verification_.text = "no certificate";
    return verification_.accepted ? 0 : -1;
  }
  std::vector<gnutls_typed_vdata_st> data;
  const char* purpose = options_.is_server ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
  data.push_back({GNUTLS_DT_KEY_PURPOSE_OID, reinterpret_cast<unsigned char*>(const_cast<char*>(purpose)), 0});
  const std::string& name = options_.verify_name;
  // GnuTLS sees the name up to a zero byte; without one, or with none left, nothing may pass for it.
  const bool has_name = !name.empty() && name.find('\0') == std::string::npos;
  const bool needs_name = !options_.is_server && options_.verify == VerifyMode::kFull;
  const bool checks_name = !options_.is_server && options_.verify != VerifyMode::kCa && has_name;
  if (checks_name) {
    data.push_back({GNUTLS_DT_DNS_HOSTNAME, reinterpret_cast<unsigned char*>(options_.verify_name.data()), 0});
  }
  unsigned status = 0;
  const int code = gnutls_certificate_verify_peers(session_, data.data(), static_cast<unsigned>(data.size()), &status);
  if (code < 0) status |= GNUTLS_CERT_INVALID;
  if ((checks_name && !HasSubjectAltName()) || (needs_name && !has_name)) status |= GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER;
  verification_.status = status;
  gnutls_datum_t text{};
  if (code < 0) {
    verification_.text = gnutls_strerror(code);
  } else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == 0) {
    verification_.text.assign(reinterpret_cast<char*>(text.data), text.size);
    gnutls_free(text.data);
  }
  verification_.accepted = status == 0 || options_.verify == VerifyMode::kNone;
  if (verification_.accepted) return 0;
  verification_.alert = AlertFor(status);
  return -1;
}

std::string TlsSession::alpn() const {
  gnutls_datum_t selected{};
  if (gnutls_alpn_get_selected_protocol(session_, &selected) != 0) return "";
  return {reinterpret_cast<char*>(selected.data), selected.size};
}

// GnuTLS has neither a cipher nor a group to ask for until the keys are there.
std::string TlsSession::cipher() const {
  const char* name = gnutls_ciphersuite_get(session_);
  return name == nullptr ? "" : name;
}

std::string TlsSession::group() const {
  const char* name = gnutls_group_get_name(gnutls_group_get(session_));
  return name == nullptr ? "" : name;
}

std::string TlsSession::server_name() const {
  if (!options_.is_server) return options_.server_name;
  char name[256];
  size_t size = sizeof(name);
  unsigned type = 0;
  if (gnutls_server_name_get(session_, name, &size, &type, 0) != 0) return "";
  return name;
}

bool TlsSession::is_resumed() const { return gnutls_session_is_resumed(session_) != 0; }

bool TlsSession::was_certificate_requested() const {
  return !options_.is_server && gnutls_certificate_client_get_request_status(session_) != 0;
}

void TlsSession::SendTicket() {
  if (options_.session_tickets) gnutls_session_ticket_send(session_, 1, 0);
}

}  // namespace quic
