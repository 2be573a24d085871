// What `capstan doctor` prints: lines for people, one JSON object for programs.
#pragma once

#include <string>

#include "tools/doctor/check.h"

namespace capstan::tools {

const char* check_state_name(CheckState state);

// The checks in their own order, not worst first, which would hide how they follow from each other;
// a summary follows.
std::string doctor_text(const Checks& checks);

// {"costs_packets": false, "checks": [{"name", "state", "found", "why", "mend"}]}
std::string doctor_json(const Checks& checks);

}  // namespace capstan::tools
