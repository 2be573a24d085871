// What Wireshark asks for with --capture: packets of a link, or out of recordings, into its pipe.
#pragma once

#include "tools/extcap/extcap_cli.h"

namespace capstan::tools {

// Until SIGTERM, SIGINT or SIGHUP, until the pipe's reader has gone, or, of recordings, until all
// is written: then the status is 0 and standard error empty, whatever was lost meanwhile (it is in
// the stream and in the toolbar). Otherwise what main() has for errors.
int capture_for_extcap(const ExtcapCommandLine& line);

}  // namespace capstan::tools
