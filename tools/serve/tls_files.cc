#include "tools/serve/tls_files.h"

#include <fmt/format.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "engine/core/errors.h"
#include "tools/common/small_file.h"
#include "tools/common/utf8.h"

namespace capstan::serve {

namespace {

std::string read_file(const char* option, const std::string& path) {
  std::string text = tools::read_small_file(option, path);
  if (text.empty()) throw UsageError(fmt::format("{} {}: it is empty", option, path));
  return text;
}

gnutls_datum_t datum_of(const std::string& text) {
  // The library only reads it.
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
          static_cast<unsigned>(text.size())};
}

using Certificate = std::shared_ptr<gnutls_x509_crt_int>;

Certificate first_certificate(const std::string& pem) {
  gnutls_x509_crt_t raw = nullptr;
  unsigned count = 1;
  const gnutls_datum_t datum = datum_of(pem);
  const int result = ::gnutls_x509_crt_list_import(&raw, &count, &datum, GNUTLS_X509_FMT_PEM, 0);
  // More than one is a chain, of which the first is this server's.
  if (result < 0 || count == 0) return nullptr;
  return {raw, ::gnutls_x509_crt_deinit};
}

// The same for chains, which the list import refuses for want of room.
Certificate own_certificate(const std::string& pem) {
  const std::size_t end = pem.find("-----END");
  const std::size_t line = end == pem.npos ? pem.npos : pem.find('\n', end);
  return first_certificate(line == pem.npos ? pem : pem.substr(0, line + 1));
}

// A NUL would end the name early for whoever reads it as C does: "alice\0 at evil.example". What
// GnuTLS does not take for text it gives in hexadecimal behind a '#' (RFC 4514 section 2.4), such a
// name among it.
bool is_holder_name(const std::string& name) noexcept {
  return !name.empty() && name.front() != '#' && tools::is_utf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7f;
         });
}

}  // namespace

TlsFiles read_tls_files(const std::string& certificate_path, const std::string& key_path,
                        const std::string& client_ca_path) {
  TlsFiles files;
  files.certificate = read_file("--tls-cert", certificate_path);
  files.key = read_file("--tls-key", key_path);
  const Certificate own = own_certificate(files.certificate);
  if (!own) throw UsageError(fmt::format("--tls-cert {}: no certificate (PEM)", certificate_path));
  if (::gnutls_x509_crt_get_expiration_time(own.get()) < std::time(nullptr)) {
    throw UsageError(fmt::format("--tls-cert {}: this certificate is over", certificate_path));
  }
  gnutls_certificate_credentials_t credentials = nullptr;
  if (::gnutls_certificate_allocate_credentials(&credentials) != 0) throw std::bad_alloc();
  const gnutls_datum_t certificate = datum_of(files.certificate);
  const gnutls_datum_t key = datum_of(files.key);
  const int result =
      ::gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
  ::gnutls_certificate_free_credentials(credentials);
  if (result < 0) {
    throw UsageError(fmt::format("--tls-key {}: not the key of {}: {}", key_path, certificate_path,
                                 ::gnutls_strerror(result)));
  }
  if (client_ca_path.empty()) return files;
  files.client_ca = read_file("--client-ca", client_ca_path);
  if (!own_certificate(files.client_ca)) {
    throw UsageError(fmt::format("--client-ca {}: no certificate (PEM)", client_ca_path));
  }
  return files;
}

std::function<bool(const std::string& host)> certified_names(const std::string& certificate) {
  const Certificate own = own_certificate(certificate);
  return [own](const std::string& host) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string name = bracketed ? host.substr(1, host.size() - 2) : host;
    return own && ::gnutls_x509_crt_check_hostname(own.get(), name.c_str()) != 0;
  };
}

std::optional<std::string> client_name(void* session) {
  auto* const tls = static_cast<gnutls_session_t>(session);
  unsigned count = 0;
  const gnutls_datum_t* const list = ::gnutls_certificate_get_peers(tls, &count);
  unsigned status = ~0U;
  // A certificate that names purposes names this one (RFC 5280 section 4.2.1.12).
  static const std::string purpose = GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, datum_of(purpose).data, 0};
  if (list == nullptr || count == 0 ||
      ::gnutls_certificate_verify_peers(tls, &wanted, 1, &status) != 0 || status != 0) {
    return std::nullopt;
  }
  gnutls_x509_crt_t raw = nullptr;
  if (::gnutls_x509_crt_init(&raw) != 0) return std::nullopt;
  const Certificate peer(raw, ::gnutls_x509_crt_deinit);
  char name[256] = {};
  std::size_t size = sizeof(name) - 1;
  if (::gnutls_x509_crt_import(raw, &list[0], GNUTLS_X509_FMT_DER) != 0 ||
      ::gnutls_x509_crt_get_dn_by_oid(raw, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) != 0) {
    return std::nullopt;
  }
  std::string text(name, size);
  return is_holder_name(text) ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace capstan::serve
