// `capstan record`: from the network to a file.
#pragma once

namespace capstan::tools {

int record_command(int argc, char** argv);

}  // namespace capstan::tools
