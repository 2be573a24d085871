// `capstan blast`: the traffic generator's command.
#pragma once

namespace capstan::tools {

int blast_command(int argc, char** argv);

}  // namespace capstan::tools
