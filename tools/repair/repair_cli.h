// The command line of `capstan repair`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "writers/repair/repair.h"

namespace capstan::tools {

struct RepairCommandLine {
  std::vector<std::string> files;
  RepairOptions options;
};

// Parses and checks. Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<RepairCommandLine> parse_repair_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
