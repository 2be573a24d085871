// All commands of the program, to which main() dispatches.
#pragma once

#include <span>

namespace capstan::tools {

// A command gets its own name as argv[0] and returns an exit status (tools/common/exit_status.h).
// It may throw UsageError (status 2) and std::exception (status 1): main() prints the text.
using CommandFunction = int (*)(int argc, char** argv);

struct Command {
  const char* name;
  const char* summary;
  CommandFunction run;
};

std::span<const Command> commands();

}  // namespace capstan::tools
