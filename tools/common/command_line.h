// What parsing a command line comes to for every command: done, help, the version, or an error.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::tools {

// Adds --version and parses. False: help (with `footer` below it) or the version was asked for, and
// is printed. Throws UsageError; an option that is not there is told with the nearest one that is.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv,
                        std::string_view footer = {});
// The same of words without the command's name, the last one first (as CLI11 takes them).
bool parse_command_line(CLI::App& app, std::vector<std::string> reversed_words,
                        std::string_view footer = {});

// The long names of the options that --help lists, with their hyphens.
std::vector<std::string> option_names(const CLI::App& app);

}  // namespace capstan::tools
