// tcpdump's flags for how packets are printed, the same for every command that prints packets.
#pragma once

#include <string>

#include "tools/show/show_cli.h"

namespace capstan::tools {

class CommandLine;

// The values as typed.
struct PrintFlags {
  int time_flags = 0;
  std::string type;
  std::string precision;
  bool micro = false;
  bool nano = false;
  std::string color = "auto";
  bool json = false;
  bool columns = false;
};

// Adds the flags to `app`. `options` and `raw` are borrowed until the end of the parsing.
void add_print_flags(CommandLine& app, ShowOptions& options, PrintFlags& raw);

// Converts `raw` after parsing. Throws UsageError.
void understand_print_flags(ShowOptions& options, const PrintFlags& raw);

}  // namespace capstan::tools
