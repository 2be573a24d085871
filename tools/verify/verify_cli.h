// The command line of `capstan verify`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/traffic/verify.h"

namespace capstan::tools {

struct VerifyCommandLine {
  traffic::VerifyOptions verify;
  bool truncated_ok = false;  // recorded with a snap length on purpose
  bool json = false;
};

// Parses, checks, and reads the files named by --sent. Returns nullopt when help was printed.
// Throws UsageError.
std::optional<VerifyCommandLine> parse_verify_command_line(int argc, const char* const* argv);

// "1000" (the numbers 0 to 999), "500-999", "7:500-999" (of stream 7). Throws UsageError.
traffic::ExpectedStream parse_expected(std::string_view text);

// Reads what `capstan blast --json` printed: the stream and the numbers it sent. Throws UsageError
// that names `name`.
traffic::ExpectedStream parse_sent(std::string_view json_text, std::string_view name);

}  // namespace capstan::tools
