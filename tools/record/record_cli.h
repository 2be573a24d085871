// The command line of `capstan record`.
#pragma once

#include <optional>

#include "tools/record/record_options.h"

namespace capstan::tools {

struct RecordCommandLine {
  RecordOptions options;
  bool list_interfaces = false;  // -D: the rest does not matter
};

// Throws UsageError naming every option that makes no sense. Empty when --help was printed.
std::optional<RecordCommandLine> parse_record_command_line(int argc, char** argv);

}  // namespace capstan::tools
