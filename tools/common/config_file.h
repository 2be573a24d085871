// Options from a TOML file: --config FILE. A key is an option's long name; the command line takes
// precedence over files.
#pragma once

#include <string>
#include <vector>

namespace capstan::tools {

class CommandLine;

// Returns the contents of the files as words of a command line for `app`. A "-" in front of a
// file's name means that the file may be missing. Options that the command line, already parsed by
// `app`, has set are left out; when several files have a key, the last one counts.
// Keys: the long names of the options, without their hyphens, and "filter" for words that belong to
// no option. Values: texts and numbers as they would be typed, a list for an option that may be
// repeated, true or false for one without a value.
// Throws UsageError with file and line for invalid TOML, for a key that is not an option and for a
// value of the wrong type; also for a file that has no name or cannot be read.
std::vector<std::string> config_words(const CommandLine& app,
                                      const std::vector<std::string>& files);

}  // namespace capstan::tools
