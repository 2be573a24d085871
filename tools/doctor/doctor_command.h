// `capstan doctor`: what about this adapter, kernel and disk will cost packets, and the command
// that mends it.
#pragma once

namespace capstan::tools {

// Status 1 when a check says that packets will be lost.
int doctor_command(int argc, char** argv);

}  // namespace capstan::tools
