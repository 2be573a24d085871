// `capstan verify`: the check of recordings of blast's traffic.
#pragma once

namespace capstan::tools {

int verify_command(int argc, char** argv);

}  // namespace capstan::tools
