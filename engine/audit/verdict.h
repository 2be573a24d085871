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

// Adds to `reasons` what can only be said at the end: weak TLS (against the clock of the capture),
// offers not used, refusals.
void add_final_reasons(SessionFacts& facts, std::uint64_t now_ns) noexcept;

}  // namespace capstan::audit
