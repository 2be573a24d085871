// The command line of `capstan index`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace capstan::tools {

struct IndexCommandLine {
  std::vector<std::string> paths;  // recordings and directories of them
  bool check = false;              // make nothing: say which indexes hold
  bool force = false;              // also where there is one that holds
  bool json = false;
  bool quiet = false;
  unsigned jobs = 0;  // files at once; 0: as many as there are processors
};

// Parses and checks. Empty: help was asked for and printed. Throws UsageError.
std::optional<IndexCommandLine> parse_index_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
