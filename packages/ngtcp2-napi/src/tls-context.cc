#include "tls-context.h"

#include <dirent.h>

#include <cerrno>
#include <cstring>

namespace quic {

namespace {

constexpr char kPriority[] =
    "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
    "+CHACHA20-POLY1305:+AES-128-CCM:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1";

gnutls_datum_t Datum(const std::string& bytes) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())), static_cast<unsigned>(bytes.size())};
}

gnutls_x509_crt_fmt_t FormatOf(const std::string& bytes) {
  return bytes.find("-----BEGIN") != std::string::npos ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER;
}

bool Fail(std::string* error, const std::string& what, int code) {
  *error = what + ": " + gnutls_strerror(code);
  return false;
}

bool IsReadableDirectory(const std::string& path) {
  DIR* directory = opendir(path.c_str());
  return directory != nullptr && closedir(directory) == 0;
}

}  // namespace

std::shared_ptr<TlsContext> TlsContext::Create(const TlsContextOptions& options, std::string* error) {
  std::shared_ptr<TlsContext> context(new TlsContext());
  return context->Load(options, error) ? context : nullptr;
}

TlsContext::~TlsContext() {
  if (ticket_key_.data != nullptr) {
    gnutls_memset(ticket_key_.data, 0, ticket_key_.size);
    gnutls_free(ticket_key_.data);
  }
  if (priority_ != nullptr) gnutls_priority_deinit(priority_);
  if (credentials_ != nullptr) gnutls_certificate_free_credentials(credentials_);
}

bool TlsContext::Load(const TlsContextOptions& options, std::string* error) {
  int code = gnutls_certificate_allocate_credentials(&credentials_);
  if (code != 0) return Fail(error, "No memory for certificates", code);
  const char* priority = options.priority.empty() ? kPriority : options.priority.c_str();
  const char* where = nullptr;
  code = gnutls_priority_init(&priority_, priority, &where);
  if (code != 0) return Fail(error, std::string("The priority string is not understood at \"") + (where ? where : "") + "\"", code);
  if (!LoadTrust(options, error) || !LoadRevocations(options, error) || !LoadIdentity(options, error)) return false;
  if (!options.is_server) return true;
  if (options.ticket_key.empty()) {
    code = gnutls_session_ticket_key_generate(&ticket_key_);
    return code == 0 || Fail(error, "No key for session tickets", code);
  }
  if (options.ticket_key.size() != 64) {
    *error = "The key for session tickets must be 64 bytes long";
    return false;
  }
  ticket_key_.data = static_cast<unsigned char*>(gnutls_malloc(options.ticket_key.size()));
  std::memcpy(ticket_key_.data, options.ticket_key.data(), options.ticket_key.size());
  ticket_key_.size = static_cast<unsigned>(options.ticket_key.size());
  return true;
}

bool TlsContext::LoadTrust(const TlsContextOptions& options, std::string* error) {
  for (const auto& ca : options.ca) {
    const auto datum = Datum(ca);
    const int count = gnutls_certificate_set_x509_trust_mem(credentials_, &datum, FormatOf(ca));
    if (count <= 0) return Fail(error, "A CA certificate cannot be read", count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND);
    trusted_ += static_cast<size_t>(count);
  }
  for (const auto& file : options.ca_files) {
    int count = gnutls_certificate_set_x509_trust_file(credentials_, file.c_str(), GNUTLS_X509_FMT_PEM);
    if (count <= 0) count = gnutls_certificate_set_x509_trust_file(credentials_, file.c_str(), GNUTLS_X509_FMT_DER);
    if (count <= 0) return Fail(error, "The CA file " + file + " cannot be read", count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND);
    trusted_ += static_cast<size_t>(count);
  }
  for (const auto& directory : options.ca_directories) {
    // GnuTLS finds nothing in a directory that is not there, and says no more about it.
    if (!IsReadableDirectory(directory)) {
      *error = "The CA directory " + directory + " cannot be read: " + std::strerror(errno);
      return false;
    }
    const int count = gnutls_certificate_set_x509_trust_dir(credentials_, directory.c_str(), GNUTLS_X509_FMT_PEM);
    if (count < 0) return Fail(error, "The CA directory " + directory + " cannot be read", count);
    trusted_ += static_cast<size_t>(count);
  }
  if (options.system_ca) {
    // A system without a store trusts nobody; that shows when a certificate is checked.
    const int count = gnutls_certificate_set_x509_system_trust(credentials_);
    if (count > 0) trusted_ += static_cast<size_t>(count);
  }
  return true;
}

bool TlsContext::LoadRevocations(const TlsContextOptions& options, std::string* error) {
  for (const auto& crl : options.crl) {
    const auto datum = Datum(crl);
    const int count = gnutls_certificate_set_x509_crl_mem(credentials_, &datum, FormatOf(crl));
    if (count <= 0) return Fail(error, "A revocation list cannot be read", count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND);
  }
  for (const auto& file : options.crl_files) {
    const int count = gnutls_certificate_set_x509_crl_file(credentials_, file.c_str(), GNUTLS_X509_FMT_PEM);
    if (count <= 0) return Fail(error, "The revocation list " + file + " cannot be read", count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND);
  }
  return true;
}

bool TlsContext::LoadIdentity(const TlsContextOptions& options, std::string* error) {
  if (options.certificate.empty() && options.key.empty()) return true;
  const auto certificate = Datum(options.certificate);
  const auto key = Datum(options.key);
  const char* password = options.key_password.empty() ? nullptr : options.key_password.c_str();
  const int code = gnutls_certificate_set_x509_key_mem2(credentials_, &certificate, &key, GNUTLS_X509_FMT_PEM, password, 0);
  return code >= 0 || Fail(error, "The certificate and its key cannot be used", code);
}

}  // namespace quic
