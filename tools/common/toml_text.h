// The text of a TOML file as far as it may be given to toml++: of bounded size and depth.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace capstan::tools {

// The dots of one key. toml++ makes a table for each of them, and takes tables apart by recursion:
// some ten thousand are the end of the stack. (What is nested in brackets it bounds itself.)
inline constexpr std::size_t kMostTomlDots = 16;

// Returns what is in the file. `option`, as typed ("--config"), and the path are in the messages.
// Throws UsageError as read_small_file() and check_toml_depth() do. (toml++ takes seconds for a key
// of megabytes: the limit of small files is one for it, too.)
std::string read_toml_text(std::string_view option, const std::string& path);

// Throws UsageError with path and line for a key of more than kMostTomlDots dots. Any other text,
// also one that is no TOML, is left to the parser.
void check_toml_depth(std::string_view text, const std::string& path);

}  // namespace capstan::tools
