// `capstan record -S`: what arrives at each interface, as dumpcap -S prints it.
#pragma once

#include <string>
#include <vector>

#include "tools/common/signals.h"

namespace capstan::tools {

// Prints a line an interface once a second, its name, packets received and dropped since this
// began, until a signal ends it or nobody reads. `interfaces`: empty is all of them. Opens nothing,
// needs no privilege. Throws UnknownInterface.
void print_interface_statistics(std::vector<std::string> interfaces, SignalEvents& signals);

}  // namespace capstan::tools
