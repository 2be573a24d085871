// Files with passwords, tokens and keys.
#pragma once

#include <fstream>
#include <string>

namespace capstan::tools {

// Opens a file with a secret in it for reading. `what` names it in messages: an option, or a place
// in another file. Throws UsageError when it cannot be opened, and for a regular file that
// everybody on this machine can read.
std::ifstream open_secret(const std::string& what, const std::string& path);

// Returns the first line of such a file, without its line end. Throws UsageError as well when the
// line is empty. The line is never part of a message.
std::string read_secret_line(const std::string& what, const std::string& path);

}  // namespace capstan::tools
