// Options from a TOML file: --config FILE. A key is an option's long name; the command line takes
// precedence over files.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"

namespace capstan::tools {

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

// Adds --config, whose files are to be `files`. `example`: a line of one, for the help.
void add_config_option(CommandLine& app, std::vector<std::string>& files, std::string_view example);

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

// `reversed_words` of a command line, the last one first, with what files say in front of them.
std::vector<std::string> with_entries(std::vector<std::string> reversed_words,
                                      std::span<const ConfigEntry> entries);

// Says in front of each problem which entry it comes from: the one without which it is not there.
// `problems_of`: what is wrong when files say these entries.
void name_places(
    std::vector<std::string>& problems, const std::vector<ConfigEntry>& entries,
    const std::function<std::vector<std::string>(std::span<const ConfigEntry>)>& problems_of);

// The same for a problem that names options first, up to a colon: with the place of the first of
// them that is an entry's.
std::string with_place(const std::string& problem, std::span<const ConfigEntry> entries);

// Returns what `work` does. UsageErrors that it throws are thrown with_place().
template <typename Work>
auto naming_places(const std::vector<ConfigEntry>& entries, const Work& work) {
  try {
    return work();
  } catch (const UsageError& error) {
    throw UsageError(with_place(error.what(), entries));
  }
}

// A command's own words and those of its --config. Parser has `app`, a CommandLine; `raw.config`,
// the files; and understand(), which returns what was typed: a struct with `entries`, to be used
// with naming_places() for what is found later. It throws UsageError for whatever is wrong; the
// place of the entry that this is about is added. Nothing when help or the version was asked for.
template <typename Parser>
auto parse_configured(int argc, const char* const* argv, const ConfigRules& rules)
    -> std::optional<decltype(std::declval<Parser&>().understand())> {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  Parser typed;
  if (!parse_command_line(typed.app, words)) return std::nullopt;
  if (typed.raw.config.empty()) return typed.understand();
  std::vector<ConfigEntry> entries = config_entries(typed.app, typed.raw.config, rules);
  auto line = naming_places(entries, [&] {
    Parser parser;
    parse_command_line(parser.app, with_entries(words, entries));
    return parser.understand();
  });
  line.entries = std::move(entries);
  return line;
}

}  // namespace capstan::tools
