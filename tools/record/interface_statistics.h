// `capstan record -S`: counts of what arrives at each interface, as dumpcap -S prints them.
#pragma once

#include <string>
#include <vector>

#include "tools/common/signals.h"

namespace capstan::tools {

// Prints one line per interface every second: its name and the packets received and dropped since
// this was called. Ends when a signal arrives or standard output cannot be written. `interfaces`:
// empty for all. Opens no socket to capture and needs no privilege. Throws UnknownInterface.
void print_interface_statistics(std::vector<std::string> interfaces, SignalEvents& signals);

}  // namespace capstan::tools
