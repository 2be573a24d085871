// A number and what it counts, as a sentence has it.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/common/units.h"

namespace capstan::tools {

// "1 packet", "12,345 packets". `noun`: in the singular, with a plural in "s".
inline std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

}  // namespace capstan::tools
