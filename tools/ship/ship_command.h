// `capstan ship`: rows of finished recordings to an engine that answers for many sensors.
#pragma once

namespace capstan::tools {

int ship_command(int argc, char** argv);

}  // namespace capstan::tools
