// `capstan serve`: access to recordings in a browser and by an API.
#pragma once

namespace capstan::tools {

int serve_command(int argc, char** argv);

}  // namespace capstan::tools
