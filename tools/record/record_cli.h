// The command line of `capstan record`.
#pragma once

#include <cstdint>
#include <optional>

#include "tools/record/record_options.h"

namespace capstan::tools {

// What is done in place of recording.
enum class Instead : std::uint8_t {
  kNothing,
  kListInterfaces,      // -D
  kListLinkTypes,       // -L
  kListTimeStampTypes,  // -J
  kPrintFilter,         // -d
  kInterfaceStatistics  // -S without -w
};

struct RecordCommandLine {
  RecordOptions options;
  Instead instead = Instead::kNothing;  // else what it does not need was not looked at
  int filter_form = 0;                  // -d, -dd, -ddd: 1, 2, 3
};

// Throws UsageError naming every option that makes no sense. Empty when --help was printed.
std::optional<RecordCommandLine> parse_record_command_line(int argc, char** argv);

}  // namespace capstan::tools
