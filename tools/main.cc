// capstan: dispatch to a command, and the one place that turns an exception into an exit status.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "engine/capture/interfaces.h"
#include "engine/core/errors.h"
#include "tools/commands.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/extcap/extcap_cli.h"

namespace {

using namespace capstan;
using namespace capstan::tools;

std::string help_text() {
  std::string text = fmt::format(
      "capstan {}: record a network link to disk, and prove what was lost\n\n"
      "usage: capstan COMMAND [OPTIONS]\n\ncommands:\n",
      CAPSTAN_VERSION);
  for (const Command& command : commands()) {
    text += fmt::format("  {:<8} {}\n", command.name, command.summary);
  }
  return text + "\n'capstan COMMAND --help' lists a command's options.\n";
}

const Command* find_command(std::string_view name) {
  for (const Command& command : commands()) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

void complain(std::string_view who, std::string_view what) {
  standard_log().put(fmt::format("{}: {}\n", who, what));
}

int run(int argc, char** argv) {
  if (argc < 2) {
    say("{}", help_text());
    return kExitUsage;
  }
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    fmt::print("{}", help_text());
    return kExitDone;
  }
  if (name == "--version" || name == "-V") {
    fmt::print("capstan {}\n", CAPSTAN_VERSION);
    return kExitDone;
  }
  // Out of Wireshark's extcap folder: a link to this program, called without a command.
  const bool by_wireshark = is_extcap_call(argv[1]);
  const Command* command = find_command(by_wireshark ? "extcap" : name);
  if (command == nullptr) {
    complain("capstan", fmt::format("there is no command '{}'; 'capstan --help' lists them", name));
    return kExitUsage;
  }
  try {
    return by_wireshark ? command->run(argc, argv) : command->run(argc - 1, argv + 1);
  } catch (const UnknownInterface& error) {
    const bool lists = name == "record" || name == "show";
    complain(fmt::format("capstan {}", command->name),
             fmt::format("{} ({}-D lists all)", error.what(), lists ? "" : "capstan record "));
    return kExitUsage;
  } catch (const UsageError& error) {
    complain(fmt::format("capstan {}", command->name), error.what());
    return kExitUsage;
  } catch (const std::exception& error) {
    complain(fmt::format("capstan {}", command->name), error.what());
    return kExitFailed;
  }
}

// What a command printed may be in a buffer still, and who reads it wants to know whether it is
// all: a report on a full disk is a failure, whatever it said. A reader that has gone (EPIPE) has
// read what it wanted. Returns the exit status.
int finish_standard_output(int status) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  const int error = errno;  // 0: an earlier write failed, and of what is forgotten
  if (error == EPIPE) return status;
  complain("capstan", fmt::format("standard output: {}: what was printed is not complete",
                                  error == 0 ? "a write was refused" : errno_text(error)));
  return status == kExitUsage ? kExitUsage : kExitFailed;
}

}  // namespace

int main(int argc, char** argv) { return finish_standard_output(run(argc, argv)); }
