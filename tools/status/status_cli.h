// The options of `capstan status`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace capstan::tools {

struct StatusCommandLine {
  std::vector<std::string> targets;  // process numbers or sockets; empty: every recorder
  bool json = false;
};

// Throws UsageError. Returns nullopt when --help was printed.
std::optional<StatusCommandLine> parse_status_command_line(int argc, char** argv);

}  // namespace capstan::tools
