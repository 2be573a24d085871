// `capstan merge`: joins several recordings, rings or stripes into one.
#pragma once

namespace capstan::tools {

int merge_command(int argc, char** argv);

}  // namespace capstan::tools
