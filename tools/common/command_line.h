// What parsing a command line comes to for every command: done, help, or an error.
#pragma once

#include <CLI/CLI.hpp>

namespace capstan::tools {

// False: help was asked for, and is printed. Throws UsageError.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv);

}  // namespace capstan::tools
