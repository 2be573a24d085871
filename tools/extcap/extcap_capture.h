// What Wireshark requests with --capture: packets of a link, or from recordings, written into its
// pipe.
#pragma once

#include "tools/extcap/extcap_cli.h"

namespace capstan::tools {

// Runs until SIGTERM, SIGINT or SIGHUP, until the pipe's reader has gone or, for recordings, until
// everything is written. In these cases the status is 0 and standard error stays empty, whatever
// was lost meanwhile (the stream and the toolbar tell it). For errors, what main() does.
int capture_for_extcap(const ExtcapCommandLine& line);

}  // namespace capstan::tools
