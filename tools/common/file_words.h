// Words of a command line that no option took: names of files, then a filter.
//
// One rule for all commands, tcpdump's: an option takes one word, and what is left is the filter.
// But a shell makes several words of -r *.pcapng, so the words that are files come first.
#pragma once

#include <span>
#include <string>

namespace capstan::tools {

// How many of `words`, from the first on, name files: they are there and no directories, or they
// could be nothing else (a slash, the ending of a capture file), so that a name mistyped is not
// found instead of being a strange filter.
std::size_t leading_file_names(std::span<const std::string> words);

}  // namespace capstan::tools
