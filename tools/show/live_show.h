// Live packets for `show`: passes the blocks of the capture's queues to PacketOutput.
#pragma once

#include "tools/show/show_cli.h"

namespace capstan::tools {

// Runs until SIGINT, SIGTERM or SIGHUP, until -c is reached, or until the reader of the output has
// gone; then prints tcpdump's three counts. Returns the exit status. Throws UsageError and
// std::system_error when the capture cannot be opened.
int show_live(const ShowOptions& options);

}  // namespace capstan::tools
