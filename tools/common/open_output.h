// Opens files that a command writes in addition to its main output: statistics, names, lists.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Opens a file, which is created or truncated; "-": standard output. `what` is for the error
// message. Throws std::system_error.
UniqueFd open_output(const std::string& target, std::string_view what);

}  // namespace capstan::tools
