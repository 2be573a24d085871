// The command line of `capstan info`: its own options, and capinfos' flags with their meaning.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/info/info_fields.h"

namespace capstan::tools {

struct InfoCommandLine {
  std::vector<std::string> files;  // "-" is standard input
  bool json = false;
  bool together = false;       // an object on all files; as text it is always there
  bool all = false;            // every interface and lost span, not only the first ten
  bool fail_on_loss = false;   // status 3 where packets are lost, or may be
  bool stop_at_error = false;  // -C
  // capinfos' flags; empty: none was given, and the report is Capstan's own.
  std::optional<FieldOptions> fields;
};

// Parses and checks. Empty: help was asked for and printed. Throws UsageError.
std::optional<InfoCommandLine> parse_info_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
