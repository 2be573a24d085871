#include "tools/status_cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "engine/core/errors.h"

namespace capstan::tools {

std::optional<StatusCommandLine> parse_status_command_line(int argc, char** argv) {
  StatusCommandLine line;
  CLI::App app("What running recorders have done so far", "capstan status");
  app.add_option("target", line.targets,
                 "Process number of a recorder, or its socket; without one every recorder");
  app.add_flag("--json", line.json, "Print one JSON object for each");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  return line;
}

}  // namespace capstan::tools
