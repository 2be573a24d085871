#include "tools/status/status_cli.h"

#include "tools/common/command_line.h"

namespace capstan::tools {

std::optional<StatusCommandLine> parse_status_command_line(int argc, char** argv) {
  StatusCommandLine line;
  CommandLine app("What running recorders have done so far", "capstan status");
  app.add_option("target", line.targets,
                 "Process number of a recorder, or its socket; without one every recorder");
  app.add_flag("--json", line.json, "Print one JSON object for each");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  return line;
}

}  // namespace capstan::tools
