// The verdict: one word about a session, derived only from its facts.
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

// Pure. A login in clear text outweighs everything, even TLS that began after it.
Verdict decide(const SessionFacts& facts) noexcept;

// Adds to `reasons` what is only known at the end: weak TLS, offers not used, refusals. A
// certificate is compared with the time of the packet that completed it; it is not judged when that
// time is unknown (0).
void add_final_reasons(SessionFacts& facts) noexcept;

}  // namespace capstan::audit
