// Options from a file, in TOML: --config FILE. A key is an option's long name; what the command
// line says comes before what a file says.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace capstan::tools {

// What files say, as words of a command line for `app`. A "-" in front of a file's name: it may be
// missing. Options that are counted in `app`, which
// has parsed the command line, are left out; of several files the last that has a key is asked.
// Keys: the long names of the options, without their hyphens, and "filter" for the words that are
// no option. Values: texts and numbers as they would be typed, a list for an option that may be
// repeated, true or false for one without a value.
// Throws UsageError, with file and line: what is no TOML, a key that is no option, a value of the
// wrong kind, a file without a name.
std::vector<std::string> config_words(const CLI::App& app, const std::vector<std::string>& files);

}  // namespace capstan::tools
