// `capstan query`: the packets of a filter and a time out of recordings.
#pragma once

namespace capstan::tools {

int query_command(int argc, char** argv);

}  // namespace capstan::tools
