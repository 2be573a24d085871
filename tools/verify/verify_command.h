// `capstan verify`: checks recordings of traffic from `capstan blast`.
#pragma once

namespace capstan::tools {

int verify_command(int argc, char** argv);

}  // namespace capstan::tools
