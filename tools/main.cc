// capstan: dispatch to a command, and the one place that turns an exception into an exit status.
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/capture/interfaces.h"
#include "engine/core/errors.h"
#include "engine/core/mapped_file.h"
#include "tools/commands.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/nearest_name.h"
#include "tools/common/units.h"
#include "tools/extcap/extcap_cli.h"
#include "tools/version_text.h"

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
  return text +
         "\n'capstan help COMMAND' (or 'capstan COMMAND --help') lists a command's options.\n";
}

const Command* find_command(std::string_view name) {
  for (const Command& command : commands()) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

// One line, whatever names of files stand in `what`.
void complain(std::string_view who, std::string_view what) {
  standard_log().put(fmt::format("{}: {}\n", who, visible_text(what)));
}

int no_such_command(std::string_view name) {
  std::vector<std::string> names = {"help", "version"};
  for (const Command& command : commands()) names.emplace_back(command.name);
  const std::string nearest = nearest_name(name, names);
  complain("capstan", fmt::format("there is no command '{}'{}; 'capstan --help' lists them", name,
                                  nearest.empty() ? "" : fmt::format(": is '{}' meant?", nearest)));
  return kExitUsage;
}

int run_command(const Command& command, int argc, char** argv) {
  const std::string_view name = command.name;
  try {
    return command.run(argc, argv);
  } catch (const UnknownInterface& error) {
    const bool lists = name == "record" || name == "show";
    complain(fmt::format("capstan {}", name),
             fmt::format("{} ({}-D lists all)", error.what(), lists ? "" : "capstan record "));
    return kExitUsage;
  } catch (const UsageError& error) {
    complain(fmt::format("capstan {}", name), error.what());
    return kExitUsage;
  } catch (const std::exception& error) {
    complain(fmt::format("capstan {}", name), error.what());
    return kExitFailed;
  }
}

bool is_help(std::string_view word) { return word == "--help" || word == "-h" || word == "help"; }

bool is_version(std::string_view word) {
  return word == "--version" || word == "-V" || word == "-v" || word == "version";
}

int too_many_words(std::string_view who, std::string_view wants, std::string_view extra) {
  complain(fmt::format("capstan {}", who),
           fmt::format("not expected: {} (it takes {})", extra, wants));
  return kExitUsage;
}

// `capstan help [WORD...]`: `words` are those behind the help.
int help(std::span<char* const> words) {
  if (words.empty()) {
    fmt::print("{}", help_text());
    return kExitDone;
  }
  const std::string_view name = words[0];
  // Asked for twice in `help record --help`, which means no less.
  const std::size_t last =
      words.size() > 1 && is_help(words.back()) ? words.size() - 1 : words.size();
  if (last > 1) return too_many_words("help", "one command", words[1]);
  if (is_help(name)) {
    fmt::print(
        "usage: capstan help [COMMAND]\n\n"
        "Without a command, lists them; with one, its options, as 'capstan COMMAND --help' does.\n"
        "'man capstan-COMMAND' says more of each.\n");
    return kExitDone;
  }
  if (is_version(name)) {
    fmt::print(
        "usage: capstan version\n\nPrints the version, and those of the libraries in use.\n");
    return kExitDone;
  }
  const Command* const command = find_command(name);
  if (command == nullptr) return no_such_command(name);
  char option[] = "--help";
  char* arguments[] = {words[0], option, nullptr};
  return run_command(*command, 2, arguments);
}

int run(int argc, char** argv) {
  if (argc < 2) {
    say("{}", help_text());
    return kExitUsage;
  }
  const std::string_view name = argv[1];
  const std::span<char* const> behind(argv + 2, static_cast<std::size_t>(argc - 2));
  if (is_help(name)) return help(behind);
  if (is_version(name)) {
    if (!behind.empty() && is_help(behind[0])) return help(std::span(argv + 1, 1));
    if (!behind.empty()) return too_many_words("version", "nothing", behind[0]);
    fmt::print("{}", version_text());
    return kExitDone;
  }
  // Out of Wireshark's extcap folder: a link to this program, called without a command.
  const bool by_wireshark = is_extcap_call(argv[1]);
  const Command* const command = find_command(by_wireshark ? "extcap" : name);
  if (command == nullptr) return no_such_command(name);
  if (by_wireshark) return run_command(*command, argc, argv);
  return run_command(*command, argc - 1, argv + 1);
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

int main(int argc, char** argv) {
  // A file that may grow no further (ulimit -f) is an error of the write, never the end of the
  // process in the middle of it: setrlimit(2), RLIMIT_FSIZE.
  std::signal(SIGXFSZ, SIG_IGN);
  capstan::survive_lost_pages();  // of recordings that become shorter while they are read
  return finish_standard_output(run(argc, argv));
}
