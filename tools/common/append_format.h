// append_format(): text in fmt's notation at the end of a string. fmt::format_to() with an iterator
// would do, and compile all of fmt's writing in every source that calls it: seconds each.
#pragma once

#include <fmt/format.h>

#include <string>

namespace capstan::tools {

void append_formatted(std::string& text, fmt::string_view pattern, fmt::format_args args);

template <typename... Args>
void append_format(std::string& text, fmt::format_string<Args...> pattern, Args&&... args) {
  append_formatted(text, pattern, fmt::make_format_args(args...));
}

}  // namespace capstan::tools
