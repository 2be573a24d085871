// TlsFiles: certificate, key and the CA of clients, read and checked at the start; and who a
// client's certificate says he is.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace capstan::serve {

struct TlsFiles {
  std::string certificate;  // PEM, the chain
  std::string key;
  std::string client_ca;  // empty: clients need none
};

// Throws UsageError that names the file: not there, no PEM, a key that is not the certificate's, a
// certificate that is over. `client_ca_path` may be empty.
TlsFiles read_tls_files(const std::string& certificate_path, const std::string& key_path,
                        const std::string& client_ca_path);

// Whether the certificate is for a name or an address ("[::1]" too).
std::function<bool(const std::string& host)> certified_names(const std::string& certificate);

// Of a TLS session (gnutls_session_t): the common name of the client's certificate, when it is
// valid now and of the CA; nullopt: there is none, or it is not right.
std::optional<std::string> client_name(void* session);

}  // namespace capstan::serve
