// `capstan extcap`: links and recordings as interfaces in Wireshark.
#pragma once

namespace capstan::tools {

int extcap_command(int argc, char** argv);

}  // namespace capstan::tools
