#include "engine/audit/verdict.h"

#include "engine/audit/tls/hello.h"

namespace capstan::audit {

std::string_view verdict_name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kCleartextNoCredentials:
      return "cleartext-no-credentials";
    case Verdict::kCleartextCredentials:
      return "cleartext-credentials";
    case Verdict::kStarttlsUpgraded:
      return "starttls-upgraded";
    case Verdict::kImplicitTls:
      return "implicit-tls";
    case Verdict::kRefusedOrStripped:
      return "starttls-refused-or-stripped";
  }
  return "unknown";
}

Verdict decide(const SessionFacts& facts) noexcept {
  if (!facts.credentials.empty()) return Verdict::kCleartextCredentials;
  if ((facts.reasons & reason::kServerAnsweredClear) != 0) return Verdict::kUnknown;
  switch (facts.protocol) {
    case Protocol::kUnknown:
    case Protocol::kSsh:
    case Protocol::kWireguard:
    case Protocol::kIpsec:
    case Protocol::kOpenvpn:
      return Verdict::kUnknown;
    case Protocol::kTls:
    case Protocol::kDtls:
    case Protocol::kQuic:
      return facts.tls_seen ? Verdict::kImplicitTls : Verdict::kUnknown;
    default:
      break;
  }
  if (facts.upgrade == Upgrade::kAccepted && facts.tls_seen && !facts.in_tunnel) {
    return Verdict::kStarttlsUpgraded;
  }
  // What cannot be read is not called harmless: Kerberos and SRP logins, SNMPv3 privacy, a dialogue
  // whose deciding half was not captured.
  if (facts.opaque_login || facts.encrypted_other || facts.undecidable) return Verdict::kUnknown;
  // Asked for and not had: unless the server then let the client in without any secret.
  if (facts.upgrade >= Upgrade::kRequested && !facts.login_without_secret) {
    return Verdict::kRefusedOrStripped;
  }
  return Verdict::kCleartextNoCredentials;
}

void add_final_reasons(SessionFacts& facts) noexcept {
  if (facts.opaque_login) facts.reasons |= reason::kOpaqueLogin;
  if (facts.encrypted_other) facts.reasons |= reason::kEncryptedOther;
  if (facts.upgrade == Upgrade::kRefused) facts.reasons |= reason::kUpgradeRefused;
  if (facts.offered_upgrade && !facts.tls_seen) facts.reasons |= reason::kUpgradeOfferedUnused;
  const TlsFacts* tls = facts.tls.get();
  if (tls == nullptr) return;
  if (tls->server_hello) {
    if (is_old_version(tls->chosen_version)) facts.reasons |= reason::kOldTls;
    if (is_weak_cipher(tls->cipher)) facts.reasons |= reason::kWeakCipher;
  } else if (tls->client_hello && is_old_version(tls->offered_version)) {
    facts.reasons |= reason::kOldTls;
  }
  if (tls->has_certificate) {
    const auto now = static_cast<std::int64_t>(tls->certificate_seen_ns / 1'000'000'000);
    const bool dated = tls->not_after != 0 && tls->not_before != 0 && now != 0;
    if (dated && (now > tls->not_after || now < tls->not_before)) {
      facts.reasons |= reason::kCertificateExpired;
    }
    if (tls->self_signed) facts.reasons |= reason::kSelfSigned;
  }
}

}  // namespace capstan::audit
