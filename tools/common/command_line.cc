#include "tools/common/command_line.h"

#include <fmt/format.h>

#include "engine/core/errors.h"

namespace capstan::tools {

bool parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return false;
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  return true;
}

}  // namespace capstan::tools
