// The flags that say how packets are printed: tcpdump's, the same for every command that prints
// packets.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/show/show_cli.h"

namespace capstan::tools {

// Values as text, before they are understood.
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

// Adds them to `app`; both others are borrowed until it has parsed.
void add_print_flags(CLI::App& app, ShowOptions& options, PrintFlags& raw);

// After parsing. Throws UsageError.
void understand_print_flags(ShowOptions& options, const PrintFlags& raw);

}  // namespace capstan::tools
