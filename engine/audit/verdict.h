// The verdict: one word for a session, decided from its facts alone.
#pragma once

#include <string_view>

#include "engine/audit/facts.h"

namespace capstan::audit {

enum class Verdict : std::uint8_t {
  kUnknown,
  kCleartextNoCredentials,
  kCleartextCredentials,
  kStarttlsUpgraded,
  kImplicitTls,
  kRefusedOrStripped,
};
inline constexpr std::size_t kVerdictCount = 6;

std::string_view verdict_name(Verdict verdict) noexcept;  // "cleartext-credentials" and so on

// Pure. A login in the clear outweighs everything, even TLS that began after it.
Verdict decide(const SessionFacts& facts) noexcept;

// Adds to `reasons` what can only be said at the end: weak TLS (a certificate against the time
// of the packet that showed it; a packet without a time, 0, judges none),
// offers not used, refusals.
void add_final_reasons(SessionFacts& facts) noexcept;

}  // namespace capstan::audit
