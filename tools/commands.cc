#include "tools/commands.h"

namespace capstan::tools {

namespace {

// In the order --help lists them. One line a command: its function is declared here and defined in
// <command>_command.cc.
constexpr Command kCommands[] = {
    {nullptr, nullptr, nullptr},
};

}  // namespace

std::span<const Command> commands() {
  return {kCommands, sizeof(kCommands) / sizeof(kCommands[0]) - 1};
}

}  // namespace capstan::tools
