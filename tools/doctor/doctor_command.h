// `capstan doctor`: what in this adapter, kernel and disk will cost packets, and the command that
// corrects it.
#pragma once

namespace capstan::tools {

// Returns status 1 when a check reports that packets will be lost.
int doctor_command(int argc, char** argv);

}  // namespace capstan::tools
