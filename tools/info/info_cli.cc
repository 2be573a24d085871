#include "tools/info/info_cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"

namespace capstan::tools {

std::optional<InfoCommandLine> parse_info_command_line(int argc, const char* const* argv) {
  InfoCommandLine line;
  CLI::App app("Say what is in a recording, and what is missing from it", "capstan info");
  app.add_option(
         "file", line.files,
         "pcap or pcapng files, .gz and .zst too, or directories of them; - is standard input")
      ->required();
  app.add_flag("--json", line.json, "One JSON object a file (man capstan-info lists the keys)");
  app.add_flag("--all", line.all, "List every interface and every lost span, not the first ten");
  app.add_flag("--together", line.together,
               "With --json: one more object on all files together (without it always printed)");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (std::count(line.files.begin(), line.files.end(), "-") > 1) {
    throw UsageError("standard input can be read only once");
  }
  return line;
}

}  // namespace capstan::tools
