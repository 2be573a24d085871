// Reads the ClientHello, ServerHello and Certificate messages of TLS, DTLS and QUIC into TlsFacts.
#pragma once

#include "engine/audit/facts.h"

namespace capstan::audit {

enum class HelloTransport : std::uint8_t { kTcp, kDatagram, kQuic };

// The body of a ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2), without its
// handshake header. Sets offer, SNI, ALPN, JA3 and JA4. A body that was cut is read up to its end.
void read_client_hello(Bytes body, HelloTransport transport, TlsFacts& tls);

// The body of a ServerHello (section 4.1.3). Sets version, cipher, ALPN, JA3S.
void read_server_hello(Bytes body, TlsFacts& tls);

// The first certificate in the body of a Certificate message up to TLS 1.2 (RFC 5246 section
// 7.4.2).
void read_certificate(Bytes body, std::uint64_t now_ns, TlsFacts& tls);

// An SSL 2.0 ClientHello (RFC 5246 appendix E.2), beginning with its record header.
void read_sslv2_hello(Bytes record, TlsFacts& tls);

// "TLS1.2", "DTLS1.0", "TLS1.3-draft28"; empty for 0.
std::string tls_version_name(std::uint16_t version);
// True for SSL 2.0 to TLS 1.1 and DTLS 1.0.
bool is_old_version(std::uint16_t version) noexcept;
// NULL, export, anonymous, RC2, RC4, DES and 3DES suites (RFC 9325 section 4.1).
bool is_weak_cipher(std::uint16_t cipher) noexcept;
// The IANA name, or "0x1234".
std::string cipher_name(std::uint16_t cipher);

}  // namespace capstan::audit
