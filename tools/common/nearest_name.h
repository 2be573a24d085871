// What somebody meant who mistyped a name.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace capstan::tools {

// The one of `names` that is nearest to `typed`, when it is near enough to be meant: up to a third
// of its letters are other ones, or it begins with what was typed. Empty: none is.
std::string nearest_name(std::string_view typed, std::span<const std::string> names);

}  // namespace capstan::tools
