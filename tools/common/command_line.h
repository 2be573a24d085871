// Parses the command line of every command, with help, version and errors.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::tools {

// Adds --version and parses. Returns false when help (with `footer` below it) or the version was
// requested and has been printed. Throws UsageError; for an unknown option the message names the
// nearest existing one.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv,
                        std::string_view footer = {});
// The same for words without the command's name, in reversed order (as CLI11 takes them).
bool parse_command_line(CLI::App& app, std::vector<std::string> reversed_words,
                        std::string_view footer = {});

// The long names of the options that --help lists, with their hyphens.
std::vector<std::string> option_names(const CLI::App& app);

}  // namespace capstan::tools
