// Options from a TOML file: --config FILE. A key is an option's long name; the command line takes
// precedence over files.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace capstan::tools {

class CommandLine;

// An option that the command line and a file cannot have both: what it says in the one would be
// lost, or mixed with what the other one says.
struct GivenOnce {
  const char* option;                      // as typed: "--write"
  bool (*adds)(const std::string& value);  // values of a file that are added all the same
  const char* mend;                        // a clause: where to say it instead
};

struct ConfigRules {
  std::span<const char* const> never;  // as typed; they are for the command line alone
  std::span<const GivenOnce> once;
};

// What one key of a file says.
struct ConfigEntry {
  std::string where;  // FILE:LINE
  std::string key;
  std::vector<std::string> words;     // of a command line; none for a flag that is not set
  std::optional<std::string> filter;  // instead of words: it is text, whatever it begins with
};

// Returns what the files say, in their order. A "-" in front of a file's name means that the file
// may be missing. Options that the command line, already parsed by `app`, has set are left out;
// when several files have a key, the last one counts.
// Keys: the long names of the options, without their hyphens, and "filter" for words that belong to
// no option. Values: texts and numbers as they would be typed, a list for an option that may be
// repeated, true or false for one without a value.
// Throws UsageError with file and line for invalid TOML, for a key that is not an option or not one
// for files, for an option that a file has twice, for a value of the wrong type, for an empty text
// and for what breaks a rule; also for a file that has no name or cannot be read.
std::vector<ConfigEntry> config_entries(const CommandLine& app,
                                        const std::vector<std::string>& files,
                                        const ConfigRules& rules);

}  // namespace capstan::tools
