// `capstan blast`: the command of the traffic generator.
#pragma once

namespace capstan::tools {

int blast_command(int argc, char** argv);

}  // namespace capstan::tools
