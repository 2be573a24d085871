// The list of -D, of `capstan record` and `capstan show`.
#pragma once

namespace capstan::tools {

// A line an interface, numbered as -i takes them, on standard output.
void print_interfaces();

}  // namespace capstan::tools
