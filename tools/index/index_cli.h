// The command line of `capstan index`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace capstan::tools {

struct IndexCommandLine {
  std::vector<std::string> paths;  // recordings and directories of them
  bool check = false;              // make nothing, only report which indexes are valid
  bool force = false;              // also where there is a valid one
  bool json = false;
  bool quiet = false;
  unsigned jobs = 0;  // files at the same time; 0: as many as there are processors
};

// Parses and checks. Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<IndexCommandLine> parse_index_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
