// `capstan status`: asks running recorders for their figures.
#pragma once

namespace capstan::tools {

int status_command(int argc, char** argv);

}  // namespace capstan::tools
