#include "tools/status/status_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/core/errors.h"
#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/log.h"
#include "tools/status/status_cli.h"
#include "tools/watch/parse_status.h"
#include "tools/watch/status_socket.h"
#include "tools/watch/status_text.h"

namespace capstan::tools {

namespace {

// A path as it is; a process number as the socket of that name.
std::string socket_of(const std::string& target) {
  if (target.find('/') != std::string::npos || target.ends_with(".sock")) return target;
  for (const std::string& path : find_status_sockets()) {
    if (std::filesystem::path(path).stem() == target) return path;
  }
  throw UsageError(fmt::format(
      "no recorder '{}' is to be seen: a process number of one started with a status socket, by "
      "this user or as root, or the path of its socket",
      target));
}

void print_status(const std::string& path, bool json) {
  const std::string answer = ask_status(path);
  std::string text;
  try {
    // Another user's recorder may have answered anything: what is printed is made anew.
    const auto status = parse_status<nlohmann::json>(answer);
    text = json ? dump_json(status) + '\n' : status_text(status);
  } catch (const std::exception&) {  // not JSON, or without what a recorder tells
    throw std::runtime_error(fmt::format("{}: what answers there is no recorder", path));
  }
  fmt::print("{}", text);
}

}  // namespace

int status_command(int argc, char** argv) {
  const auto line = parse_status_command_line(argc, argv);
  if (!line) return kExitDone;
  for (const std::string& target : line->targets) print_status(socket_of(target), line->json);
  if (!line->targets.empty()) return kExitDone;
  int answers = 0;
  for (const std::string& path : find_status_sockets()) {
    try {
      print_status(path, line->json);
      ++answers;
    } catch (const std::system_error& error) {
      // What a killed recorder left, and those of other users, are passed over.
      const int code = error.code().value();
      if (code != ECONNREFUSED && code != EACCES && code != ENOENT) {
        say("capstan status: {}\n", error.what());
      }
    } catch (const std::runtime_error& error) {  // those that follow are still of use
      say("capstan status: {}\n", error.what());
    }
  }
  if (answers == 0) say("capstan status: no recorder is running that this user sees\n");
  return answers == 0 ? kExitFailed : kExitDone;
}

}  // namespace capstan::tools
