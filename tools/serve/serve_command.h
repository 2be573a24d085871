// `capstan serve`: recordings in a browser and over an API.
#pragma once

namespace capstan::tools {

int serve_command(int argc, char** argv);

}  // namespace capstan::tools
