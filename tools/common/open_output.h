// Opens what a command writes beside its work: statistics, names, lists.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// A file, made or emptied; "-": standard output. `what` is for the error's text. Throws
// std::system_error.
UniqueFd open_output(const std::string& target, std::string_view what);

}  // namespace capstan::tools
