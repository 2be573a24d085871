// `capstan show`: packets as lines, live or from files.
#pragma once

namespace capstan::tools {

int show_command(int argc, char** argv);

}  // namespace capstan::tools
