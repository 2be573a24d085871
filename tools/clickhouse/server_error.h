// What ClickHouse says when it refuses a statement.
#pragma once

#include <string>
#include <string_view>

namespace capstan::fleet {

// The number in "Code: 60, e.displayText() = ..." and "Code: 60. DB::Exception: ..."; 0: none.
int exception_code(std::string_view body) noexcept;
// The sentence of it, without stack, version and control characters.
std::string exception_text(std::string_view body);

}  // namespace capstan::fleet
