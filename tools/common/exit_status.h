// Exit statuses, the same for every command.
#pragma once

namespace capstan::tools {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;  // failed while running
inline constexpr int kExitUsage = 2;   // bad options or a bad input file named on the command line
inline constexpr int kExitLoss = 3;    // --fail-on-loss: done, but packets were lost
inline constexpr int kExitFindings = 4;  // audit, record --audit: logins in cleartext were seen
inline constexpr int kExitNotAll =
    5;  // audit: no such login was seen, but not everything could be examined

}  // namespace capstan::tools
