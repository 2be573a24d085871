// Flags known from other programs that a command here does not have: each is refused with the
// reason or with what to write instead. Never listed by --help.
#pragma once

#include <span>
#include <string_view>

namespace capstan::tools {

class CommandLine;

struct AbsentFlag {
  const char* names;  // in CLI11's form: "-I,--monitor-mode"
  bool takes_value;
  const char* instead;  // a clause: why the flag is absent, or what to use instead
};

// Adds the flags to `app`. `whose`: "tcpdump's"; `command`: "capstan show". Both must outlive the
// parsing.
void add_absent_flags(CommandLine& app, std::span<const AbsentFlag> flags, std::string_view whose,
                      std::string_view command);

// Adds flags that have no meaning here but do no harm: they are accepted and ignored.
void add_harmless_flags(CommandLine& app, std::span<const char* const> names);

}  // namespace capstan::tools
