// The command line of `capstan doctor`.
#pragma once

#include <optional>
#include <string>

#include "tools/doctor/plan.h"

namespace capstan::tools {

struct DoctorCommandLine {
  std::string interface;  // empty: only the machine and the disk
  std::string directory = ".";
  bool json = false;
  bool measure = true;  // the disk's rate
  std::optional<PlanWish> plan;
};

// Parses and checks. Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<DoctorCommandLine> parse_doctor_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
