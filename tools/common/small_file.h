// Files that people write by hand: options, lists of tokens, passwords, certificates.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace capstan::tools {

inline constexpr std::size_t kMostSmallFileBytes = std::size_t{1} << 20;

// Returns what is in the file. `what` names it in messages: an option as typed ("--config"), or a
// place in another file. A pipe is read to its end, which has to come within
// `patience_ms`: nobody may write to it, and signals may be blocked. Throws UsageError for a file
// that cannot be read or has more than kMostSmallFileBytes.
std::string read_small_file(std::string_view what, const std::string& path,
                            int patience_ms = 10'000);

// Why a regular file cannot be opened for reading, of another program's library; empty: it can.
std::string why_unreadable(const std::string& path);

}  // namespace capstan::tools
