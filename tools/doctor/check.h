// Check: one finding of `capstan doctor`, and a summary of all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace capstan::tools {

enum class CheckState : std::uint8_t {
  kOk,
  kWarn,     // not ideal; costs packets only together with something else
  kCost,     // packets are lost or merged at rates the machine could otherwise record
  kUnknown,  // could not be determined; `found` says why
};

struct Check {
  std::string name;  // stable, for --json: "gro", "disk-rate"
  CheckState state = CheckState::kUnknown;
  std::string found;  // the present state
  std::string why;    // one sentence: why it matters
  std::string mend;   // a command that improves it; empty: nothing to do
};

using Checks = std::vector<Check>;

inline bool costs_packets(const Checks& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const Check& check) { return check.state == CheckState::kCost; });
}

}  // namespace capstan::tools
