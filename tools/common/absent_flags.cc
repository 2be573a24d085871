#include "tools/common/absent_flags.h"

#include <fmt/format.h>

#include <string>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"

namespace capstan::tools {

void add_absent_flags(CommandLine& app, std::span<const AbsentFlag> flags, std::string_view whose,
                      std::string_view command) {
  for (const AbsentFlag& flag : flags) {
    const std::string text = fmt::format("{} flag {} is not supported by '{}': {}", whose,
                                         flag.names, command, flag.instead);
    if (flag.takes_value) {
      app.add_option_function(flag.names, [text](const std::string&) { throw UsageError(text); })
          .group("");
    } else {
      app.add_flag_callback(flag.names, [text] { throw UsageError(text); }).group("");
    }
  }
}

void add_harmless_flags(CommandLine& app, std::span<const char* const> names) {
  for (const char* const name : names) app.add_flag(name).group("");
}

}  // namespace capstan::tools
