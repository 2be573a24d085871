// The command line of `capstan info`: its own options, and capinfos' flags with the same meaning.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/info/info_fields.h"

namespace capstan::tools {

struct InfoCommandLine {
  std::vector<std::string> files;  // "-" is standard input
  bool json = false;
  bool together = false;       // JSON: an object for all files together; text always has it
  bool all = false;            // all interfaces and lost spans, not only the first ten
  bool fail_on_loss = false;   // status 3 if packets were lost or may have been
  bool stop_at_error = false;  // -C
  // capinfos' flags; empty: none was given, and Capstan's own report is printed.
  std::optional<FieldOptions> fields;
};

// Parses and checks. Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<InfoCommandLine> parse_info_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
