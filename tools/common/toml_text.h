// The text of a TOML file as far as it may be given to toml++: of bounded size and depth.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace capstan::tools {

// What people write is a few kilobytes; toml++ takes seconds for a key of megabytes.
inline constexpr std::size_t kMostTomlBytes = std::size_t{1} << 20;
// The dots of one key. toml++ makes a table for each of them, and takes tables apart by recursion:
// some ten thousand are the end of the stack. (What is nested in brackets it bounds itself.)
inline constexpr std::size_t kMostTomlDots = 16;

// Returns what is in the file. `option`, as typed ("--config"), and the path are in the messages.
// Throws UsageError for a file that cannot be read, is larger than kMostTomlBytes, or fails
// check_toml_depth().
std::string read_toml_text(std::string_view option, const std::string& path);

// Throws UsageError with path and line for a key of more than kMostTomlDots dots. Any other text,
// also one that is no TOML, is left to the parser.
void check_toml_depth(std::string_view text, const std::string& path);

}  // namespace capstan::tools
