// Flags that people know from other programs and that a command here does not have: each is refused
// with its reason, or with what to write instead. Never listed by --help.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string_view>

namespace capstan::tools {

struct AbsentFlag {
  const char* names;  // as CLI11 takes them: "-I,--monitor-mode"
  bool takes_value;
  const char* instead;  // why it is not there, or what is: a clause
};

// `whose`: "tcpdump's"; `command`: "capstan show". Both must outlive the parsing.
void add_absent_flags(CLI::App& app, std::span<const AbsentFlag> flags, std::string_view whose,
                      std::string_view command);

// Flags that mean nothing here and do no harm: taken, and forgotten.
void add_harmless_flags(CLI::App& app, std::span<const char* const> names);

}  // namespace capstan::tools
