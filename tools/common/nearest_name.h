// Finds the name that was meant when a name is mistyped.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace capstan::tools {

// Returns the one of `names` nearest to `typed` if it is near enough: at most a third of its
// letters differ, or it begins with `typed` (three letters or more). Empty: none is.
std::string nearest_name(std::string_view typed, std::span<const std::string> names);

}  // namespace capstan::tools
