// `capstan index`: make or check the indexes of recordings.
#pragma once

namespace capstan::tools {

int index_command(int argc, char** argv);

}  // namespace capstan::tools
