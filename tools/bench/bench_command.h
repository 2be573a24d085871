// `capstan bench`: measures where this machine begins to lose packets.
#pragma once

namespace capstan::tools {

int bench_command(int argc, char** argv);

}  // namespace capstan::tools
