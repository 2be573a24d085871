// The command line of `capstan blast`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/traffic/blast.h"

namespace capstan::tools {

struct BlastCommandLine {
  traffic::BlastOptions blast;
  std::string netns;  // --netns: name or path; empty: stay here
  bool json = false;
};

// Parses and checks. Empty: help was asked for and printed. Throws UsageError.
std::optional<BlastCommandLine> parse_blast_command_line(int argc, const char* const* argv);

// "1500", "2.5M", "10G": a number, with k, M, G or T for thousands, up to `most`. Throws UsageError
// naming `option`.
double parse_quantity(std::string_view text, std::string_view option, double most);

// "02:ca:00:00:00:01". Throws UsageError naming `option`.
traffic::MacAddress parse_mac(std::string_view text, std::string_view option);

}  // namespace capstan::tools
