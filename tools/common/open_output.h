// Opens files that a command writes in addition to its main output: statistics, names, lists.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

enum class OutputStart { kEmptied, kAppended };

// Opens a file, which is created where it is not there; "-": standard output. `what` is for the
// error message. For a reader of a named pipe it waits `patience_ms`: signals may be blocked, and
// nobody may ever read it. Throws std::system_error.
UniqueFd open_output(const std::string& target, std::string_view what,
                     OutputStart start = OutputStart::kEmptied, int patience_ms = 5000);

}  // namespace capstan::tools
