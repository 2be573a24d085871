// Check: one finding of `capstan doctor`, and the sums over all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace capstan::tools {

enum class CheckState : std::uint8_t {
  kOk,
  kWarn,     // not as it could be; costs packets only together with something else
  kCost,     // packets are lost or merged by this at rates the machine could otherwise take
  kUnknown,  // could not be found out; `found` says why
};

struct Check {
  std::string name;  // stable, for --json: "gro", "disk-rate"
  CheckState state = CheckState::kUnknown;
  std::string found;  // what is so now
  std::string why;    // one sentence: why it matters
  std::string mend;   // a command; empty when nothing is to be done
};

using Checks = std::vector<Check>;

inline bool costs_packets(const Checks& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const Check& check) { return check.state == CheckState::kCost; });
}

}  // namespace capstan::tools
