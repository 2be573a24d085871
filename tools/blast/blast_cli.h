// The command line of `capstan blast`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/traffic/blast.h"

namespace capstan::tools {

struct BlastCommandLine {
  traffic::BlastOptions blast;
  std::string netns;  // --netns: name or path; empty: the present namespace
  bool json = false;
};

// Parses and checks. Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<BlastCommandLine> parse_blast_command_line(int argc, const char* const* argv);

// Reads "1500", "2.5M" or "10G": a number with k, M, G or T for powers of 1000, at most `most`.
// Throws UsageError that names `option`.
double parse_quantity(std::string_view text, std::string_view option, double most);

// Reads "02:ca:00:00:00:01". Throws UsageError that names `option`.
traffic::MacAddress parse_mac(std::string_view text, std::string_view option);

}  // namespace capstan::tools
