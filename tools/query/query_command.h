// `capstan query`: selects packets from recordings by filter and time.
#pragma once

namespace capstan::tools {

int query_command(int argc, char** argv);

}  // namespace capstan::tools
