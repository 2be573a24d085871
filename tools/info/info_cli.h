// The command line of `capstan info`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace capstan::tools {

struct InfoCommandLine {
  std::vector<std::string> files;  // "-" is standard input
  bool json = false;
  bool together = false;  // an object on all files; as text it is always there
  bool all = false;       // every interface and lost span, not only the first ten
};

// Parses and checks. Empty: help was asked for and printed. Throws UsageError.
std::optional<InfoCommandLine> parse_info_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
