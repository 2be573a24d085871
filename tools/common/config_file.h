// Options from a file, in TOML: --config FILE. A key is an option's long name; what the command
// line says comes before what a file says.
#pragma once

#include <CLI/CLI.hpp>
#include <set>
#include <string>
#include <vector>

namespace capstan::tools {

// The files that --config names on a command line, in its order; a "-" in front of a name, which is
// left there, means that the file may be missing. Throws UsageError for one without a name.
std::vector<std::string> config_files(int argc, const char* const* argv);

// What files say, as words of a command line for `app`. Options that are counted in `app`, which
// has parsed the command line, are left out; of several files the last that has a key is asked.
// Keys: the long names of the options, without their hyphens, and "filter" for the words that are
// no option. Values: texts and numbers as they would be typed, a list for an option that may be
// repeated, true or false for one without a value.
// Throws UsageError with file and line: what is no TOML, a key that is no option, a value of the
// wrong kind.
std::vector<std::string> config_words(const CLI::App& app, const std::vector<std::string>& files);

}  // namespace capstan::tools
