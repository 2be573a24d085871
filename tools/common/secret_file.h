// Files with passwords, tokens and keys.
#pragma once

#include <string>

namespace capstan::tools {

// Returns what is in a file with a secret in it. `what` names it in messages: an option, or a place
// in another file. Throws UsageError as read_small_file() does, and for a regular file that
// everybody on this machine can read.
std::string read_secret(const std::string& what, const std::string& path);

// Returns the first line of such a file, without its line end. Throws UsageError as well when the
// line is empty. The line is never part of a message.
std::string read_secret_line(const std::string& what, const std::string& path);

}  // namespace capstan::tools
