// `capstan flows`: the conversations of recordings.
#pragma once

namespace capstan::tools {

int flows_command(int argc, char** argv);

}  // namespace capstan::tools
