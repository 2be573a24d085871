// `capstan info`: the contents of a recording, and what is missing from it.
#pragma once

namespace capstan::tools {

int info_command(int argc, char** argv);

}  // namespace capstan::tools
