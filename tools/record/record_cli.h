// The command line of `capstan record`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/record/record_options.h"

namespace capstan::tools {

// What is done instead of recording.
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
  Instead instead = Instead::kNothing;  // if not kNothing, options it does not need are not checked
  int filter_form = 0;                  // -d, -dd, -ddd: 1, 2, 3
  std::string filter_place;             // FILE:LINE, if a file has the filter
};

// Throws UsageError that names every invalid option, with file and line of what --config brought.
// Empty when --help was printed.
std::optional<RecordCommandLine> parse_record_command_line(int argc, char** argv);

}  // namespace capstan::tools
