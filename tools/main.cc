// capstan: dispatch to a command, and the one place that turns an exception into an exit status.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "engine/core/errors.h"
#include "tools/commands.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"

namespace {

using namespace capstan;
using namespace capstan::tools;

void print_help(std::FILE* out) {
  fmt::print(out, "capstan {}: record a network link to disk, and prove what was lost\n\n",
             CAPSTAN_VERSION);
  fmt::print(out, "usage: capstan COMMAND [OPTIONS]\n\ncommands:\n");
  for (const Command& command : commands()) {
    fmt::print(out, "  {:<8} {}\n", command.name, command.summary);
  }
  fmt::print(out, "\n'capstan COMMAND --help' lists a command's options.\n");
}

const Command* find_command(std::string_view name) {
  for (const Command& command : commands()) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    print_help(stderr);
    return kExitUsage;
  }
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(stdout);
    return kExitDone;
  }
  if (name == "--version" || name == "-V") {
    fmt::print("capstan {}\n", CAPSTAN_VERSION);
    return kExitDone;
  }
  const Command* command = find_command(name);
  if (command == nullptr) {
    fmt::print(stderr, "capstan: there is no command '{}'; 'capstan --help' lists them\n", name);
    return kExitUsage;
  }
  try {
    return command->run(argc - 1, argv + 1);
  } catch (const UsageError& error) {
    standard_log().put(fmt::format("capstan {}: {}\n", name, error.what()));
    return kExitUsage;
  } catch (const std::exception& error) {
    standard_log().put(fmt::format("capstan {}: {}\n", name, error.what()));
    return kExitFailed;
  }
}
