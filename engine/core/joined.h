// joined(): one text of several. fmt::join() would do, and compile a piece of fmt in every source
// that calls it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace capstan {

// "a, b, c" for `between` ", ".
std::string joined(std::span<const std::string> texts, std::string_view between);
std::string joined(std::span<const int> numbers, std::string_view between);

}  // namespace capstan
