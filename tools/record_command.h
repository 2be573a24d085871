// `capstan record`: from the wire to a file.
#pragma once

namespace capstan::tools {

// -D, also of `capstan show`: a line an interface, numbered as -i takes them.
void print_interfaces();

int record_command(int argc, char** argv);

}  // namespace capstan::tools
