// What `capstan doctor` prints: lines for people, one JSON object for programs.
#pragma once

#include <string>

#include "tools/doctor/check.h"

namespace capstan::tools {

const char* check_state_name(CheckState state);

// Worst first would hide the order of thought: checks stay in their order, and a sum ends it.
std::string doctor_text(const Checks& checks);

// {"costs_packets": false, "checks": [{"name", "state", "found", "why", "mend"}]}
std::string doctor_json(const Checks& checks);

}  // namespace capstan::tools
