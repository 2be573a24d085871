// What an audit was shown, and what of it was not looked at: every output says both.
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
  std::uint64_t packets = 0;              // given to the audit
  std::uint64_t filtered = 0;             // in a file, and not matched by the filter
  std::uint64_t lost = 0;                 // dropped before they could be written or heard
  std::uint64_t missing = 0;              // counted as recorded, and not in the file (it was cut)
  std::uint64_t reordered = 0;            // put in the order of their times
  std::optional<std::uint64_t> first_ns;  // the earliest and the latest time of its packets
  std::optional<std::uint64_t> last_ns;
  std::string damage;    // "cut short at byte 4096: ..."; empty: read to its end
  std::string trouble;   // why nothing of it could be read; empty: it could
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
  std::uint64_t filter_unanswered = 0;  // packets that it could say nothing about
};

// Something that was not looked at: the answer "no login" does not cover it.
struct LeftOut {
  std::string_view what;  // for machines: "packets-lost", "file-damaged", "not-followed", ...
  std::string name;       // of the file, the link type, the tunnel; may be empty
  std::uint64_t count = 0;
  std::string sentence;  // for people, without a full stop
};

// Everything that was left out, the gravest first. Empty: all that was there was looked at.
// `auditor` has finished.
std::vector<LeftOut> left_out(const AuditScope& scope, const audit::Auditor& auditor);

}  // namespace capstan::tools
