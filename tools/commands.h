// Every command of the binary: what main() dispatches to.
#pragma once

#include <span>

namespace capstan::tools {

// Exit statuses, the same for every command.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;  // failed while running
inline constexpr int kExitUsage = 2;   // bad options or a bad input file named on the command line
inline constexpr int kExitLoss = 3;    // --fail-on-loss: done, but packets were lost
inline constexpr int kExitFindings = 4;  // audit, record --audit: cleartext logins were seen

// A command gets its own name as argv[0] and returns an exit status. It may throw UsageError
// (status 2) and std::exception (status 1): main() prints the text.
using CommandFunction = int (*)(int argc, char** argv);

struct Command {
  const char* name;
  const char* summary;
  CommandFunction run;
};

std::span<const Command> commands();

}  // namespace capstan::tools
