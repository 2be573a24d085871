// Splits the words of a command line that belong to no option: names of files, then a filter.
//
// One rule for all commands, that of tcpdump: an option takes one word, and the rest is the filter.
// But a shell turns -r *.pcapng into several words, so leading words that are files are taken as
// such.
#pragma once

#include <span>
#include <string>

namespace capstan::tools {

// Returns how many of `words`, from the first on, name files. A word does if it is an existing file
// and not a directory, or if it can be nothing else (it has a slash or the suffix of a capture
// file), so that a mistyped name is reported as a missing file, not as an invalid filter.
std::size_t leading_file_names(std::span<const std::string> words);

}  // namespace capstan::tools
