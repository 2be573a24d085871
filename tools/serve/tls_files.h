// TlsFiles: the certificate, the key and the CA of clients, read and checked at the start; and the
// name in a client's certificate.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace capstan::serve {

struct TlsFiles {
  std::string certificate;  // PEM, the chain
  std::string key;
  std::string client_ca;  // empty: clients need no certificate
};

// Throws UsageError that names the file: it does not exist, is not PEM, the key does not belong to
// the certificate, the certificate has expired. `client_ca_path` may be empty.
TlsFiles read_tls_files(const std::string& certificate_path, const std::string& key_path,
                        const std::string& client_ca_path);

// Returns a function that tells whether the certificate is for a name or an address ("[::1]" too).
std::function<bool(const std::string& host)> certified_names(const std::string& certificate);

// For a TLS session (gnutls_session_t): the common name of the client's certificate, if that is
// valid now and issued by the CA; nullopt: there is none, or it is invalid.
std::optional<std::string> client_name(void* session);

}  // namespace capstan::serve
