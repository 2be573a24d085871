// SessionFacts: everything the audit knows about one session, without any secret.
//
// Recognisers fill it in while they read a session's bytes; verdict.h derives the verdict from it;
// the tools print it. No field ever holds a password, a token or a response: a Credential has the
// length of the secret and, when detection of re-use was requested, a keyed digest of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::audit {

using Bytes = std::span<const std::uint8_t>;

// The client is the side that opened the connection.
enum class Side : std::uint8_t { kClient = 0, kServer = 1 };
inline constexpr Side other(Side side) noexcept {
  return side == Side::kClient ? Side::kServer : Side::kClient;
}
inline constexpr std::size_t index_of(Side side) noexcept { return static_cast<std::size_t>(side); }

enum class Protocol : std::uint8_t {
  kUnknown,
  kPop3,
  kImap,
  kSmtp,
  kFtp,
  kHttp,
  kTelnet,
  kRlogin,
  kRsh,
  kLdap,
  kSnmp,
  kSip,
  kNntp,
  kIrc,
  kXmpp,
  kRedis,
  kMysql,
  kPgsql,
  kSmb,
  kKerberos,
  kRtsp,
  kRfb,
  kSocks4,
  kSocks5,
  kMqtt,
  kRadius,
  kRdp,
  kTls,
  kDtls,
  kQuic,
  kSsh,
  kWireguard,
  kIpsec,
  kOpenvpn,
  kAmqp,
  kMongodb,
  kTds,
  kTns,
  kMemcached,
  kKafka,
  kZookeeper,
  kNats,
  kStomp,
  kSmpp,
  kTacacs,
  kTacacsUdp,
  kDiameter,
  kRsync,
  kX11,
  kIpmi,
  kCvs,
  kSvn,
  kCassandra,
  kDrda,
  kEventSocket,
  kNut,
  kMpd,
  kTeamspeak,
  kRcon,
  kDict,
  kSieve,
  kAcap,
  kTorControl,
  kAmi,
  kRexec,
  kRip,
  kOspf,
  kVrrp,
  kHsrp,
  kPpp,
  kEapol,
  kCount,
};
// The lower-case word used in machine output: "smtp", "pgsql", "tls".
std::string_view protocol_name(Protocol protocol) noexcept;

// The kind of secret that was seen. kPlain can be used again as it is; kHash is a
// challenge-response or a digest; kObfuscated can be decoded with a shared key (RADIUS PAP, RFC
// 2865 section 5.2); kToken is a bearer token.
enum class SecretKind : std::uint8_t { kNone, kPlain, kHash, kObfuscated, kToken };
std::string_view secret_kind_name(SecretKind kind) noexcept;

// The state of a request for TLS inside the protocol (STARTTLS and similar). Ordered: a later state
// replaces an earlier one, except that a refusal may be followed by an accepted request.
enum class Upgrade : std::uint8_t { kNone, kOffered, kRequested, kRefused, kAccepted };
std::string_view upgrade_name(Upgrade upgrade) noexcept;

// Why a session deserves attention beyond its verdict. A set of bits.
using Reasons = std::uint32_t;
namespace reason {
inline constexpr Reasons kOldTls = 1U << 0;              // below TLS 1.2 (RFC 8996)
inline constexpr Reasons kWeakCipher = 1U << 1;          // NULL, export, RC4, DES, 3DES, anonymous
inline constexpr Reasons kCertificateExpired = 1U << 2;  // at the time of the session
inline constexpr Reasons kSelfSigned = 1U << 3;
inline constexpr Reasons kChallengeResponse = 1U << 4;  // a crackable response was in clear text
inline constexpr Reasons kUpgradeOfferedUnused = 1U << 5;
inline constexpr Reasons kUpgradeRefused = 1U << 6;
inline constexpr Reasons kUpgradeStripped = 1U << 7;  // TLS offered in an earlier session only
inline constexpr Reasons kCookieInClear = 1U << 8;
inline constexpr Reasons kGap = 1U << 9;               // the capture lacks bytes of the session
inline constexpr Reasons kOverlapConflict = 1U << 10;  // segments with different bytes, one place
inline constexpr Reasons kMemoryLimit = 1U << 11;      // not read to the end because memory ran out
inline constexpr Reasons kServerAnsweredClear = 1U << 12;  // no TLS followed the client's hello
inline constexpr Reasons kOpaqueLogin = 1U << 13;  // Kerberos, SRP, ...: no crackable secret seen
inline constexpr Reasons kEncryptedOther = 1U << 14;  // SSH, WireGuard, IPsec, OpenVPN, SNMPv3
inline constexpr Reasons kInTunnel = 1U << 15;        // seen inside a SOCKS or CONNECT tunnel
inline constexpr Reasons kMidStream = 1U << 16;       // the capture began during the session
inline constexpr Reasons kWeak = kOldTls | kWeakCipher | kCertificateExpired | kSelfSigned;
}  // namespace reason
// The word for one bit, such as "tls-below-1.2"; empty when the bit has no meaning.
std::string_view reason_name(Reasons bit) noexcept;

// One authentication attempt that carried a secret.
struct Credential {
  std::string user;               // gated (gate.h)
  std::uint32_t user_length = 0;  // length in bytes of a name that is not shown
  std::string mechanism;          // a word from a fixed list
  SecretKind kind = SecretKind::kNone;
  std::uint32_t length = 0;        // length of the secret itself in bytes, after decoding
  std::uint64_t reuse_digest = 0;  // keyed digest, equal for equal secrets of one run; 0: none
  std::uint64_t timestamp_ns = 0;
  bool in_tunnel = false;
};

// Bytes of one direction that are secret, by their place in the stream (for datagrams: in a stream
// made of all payloads of that direction). Evidence files have them overwritten.
struct SecretSpan {
  Side side = Side::kClient;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

// What a TLS connection shows before it encrypts.
struct TlsFacts {
  std::uint16_t record_version = 0;   // of the first record
  std::uint16_t offered_version = 0;  // the highest the client offered
  std::uint16_t chosen_version = 0;   // 0: no ServerHello seen
  std::uint16_t cipher = 0;
  bool client_hello = false;
  bool server_hello = false;
  bool sslv2_hello = false;
  std::string sni;
  std::string alpn;  // the server's choice; without one, the first that the client offered
  std::string ja3;   // MD5 in hex
  std::string ja3s;
  std::string ja4;
  bool has_certificate = false;
  bool self_signed = false;
  std::string subject;
  std::string issuer;
  std::string serial;
  std::string fingerprint;      // SHA-1 in hex with colons, as Suricata prints it
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  std::uint64_t certificate_seen_ns = 0;  // time of the packet that completed it; 0: unknown
};

struct SessionFacts {
  Protocol protocol = Protocol::kUnknown;
  Protocol inner_protocol = Protocol::kUnknown;  // the protocol inside a SOCKS or CONNECT tunnel
  Upgrade upgrade = Upgrade::kNone;
  bool tls_seen = false;      // TLS records or a hello were seen in either direction
  bool implicit_tls = false;  // ... and they began with the first byte seen
  bool in_tunnel = false;
  bool opaque_login = false;          // a login without visible password or crackable response
  bool encrypted_other = false;       // encrypted, but not by TLS
  bool undecidable = false;           // recognised, but the part needed for a decision is missing
  bool login_without_secret = false;  // the server accepted the client without asking for a secret
  bool offered_upgrade = false;       // the server advertised it at least once
  bool capabilities_seen = false;     // the server's list, in which TLS would be offered, was seen
  std::array<bool, 2> clear_bytes{};  // per side: it sent bytes of the protocol in clear text
  Reasons reasons = 0;
  std::uint32_t credentials_dropped = 0;  // number of credentials beyond kMaxCredentials
  std::string user;                       // the last name seen, with or without a secret; gated
  std::uint32_t user_length = 0;          // length of the name in bytes when it is not shown
  std::string mechanism;                  // the last mechanism seen, a word from a fixed list
  std::vector<Credential> credentials;
  std::vector<SecretSpan> secrets;
  std::unique_ptr<TlsFacts> tls;

  static constexpr std::size_t kMaxCredentials = 32;
  static constexpr std::size_t kMaxUserBytes = 160;

  TlsFacts& tls_facts() {
    if (!tls) tls = std::make_unique<TlsFacts>();
    return *tls;
  }
};

}  // namespace capstan::audit
