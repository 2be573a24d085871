// What an audit was given, and which part of it was not examined: every output reports both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/auditor.h"

namespace capstan::tools {

// One recording, or one live interface.
struct AuditedInput {
  std::string name;
  bool live = false;
  std::uint64_t packets = 0;              // passed to the audit
  std::uint64_t filtered = 0;             // in a file, but not matched by the filter
  std::uint64_t lost = 0;                 // dropped before they could be recorded or audited
  std::uint64_t missing = 0;              // counted as recorded, but not in the file (it was cut)
  std::uint64_t reordered = 0;            // sorted into the order of their timestamps
  std::optional<std::uint64_t> first_ns;  // earliest and latest timestamp of its packets
  std::optional<std::uint64_t> last_ns;
  std::string damage;    // "cut short at byte 4096: ..."; empty: read to its end
  std::string trouble;   // why nothing of it could be read; empty: it was read
  bool stopped = false;  // -c, --seconds or a signal ended it

  void note_time(std::uint64_t time_ns) noexcept {
    if (time_ns == 0) return;
    if (!first_ns || time_ns < *first_ns) first_ns = time_ns;
    if (!last_ns || time_ns > *last_ns) last_ns = time_ns;
  }
};

struct AuditScope {
  std::vector<AuditedInput> inputs;
  std::string filter;
  std::uint64_t filter_unanswered = 0;  // packets for which the filter had no result
};

// Something that was not examined: the result "no login" does not cover it.
struct LeftOut {
  std::string_view what;  // for programs: "packets-lost", "file-damaged", "not-followed", ...
  std::string name;       // of the file, the link type, the tunnel; may be empty
  std::uint64_t count = 0;
  std::string sentence;  // for people, without a full stop
};

// Returns everything that was not examined, most serious first. Empty: everything was examined.
// Requires: `auditor` has finished.
std::vector<LeftOut> left_out(const AuditScope& scope, const audit::Auditor& auditor);

}  // namespace capstan::tools
