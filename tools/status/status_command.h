// `capstan status`: shows the statistics of running recorders.
#pragma once

namespace capstan::tools {

int status_command(int argc, char** argv);

}  // namespace capstan::tools
