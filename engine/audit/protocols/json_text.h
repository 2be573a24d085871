// Finds one value in a JSON object by its name, for protocols that send a flat object on one line.
#pragma once

#include <string_view>

#include "engine/audit/facts.h"

namespace capstan::audit {

// The value of `name` in `text`: of a string the text between its quotes, with escapes not decoded;
// of a number, true or false its characters. Empty when the name is not found. Names inside strings
// are not taken for names.
std::string_view json_value(std::string_view text, std::string_view name) noexcept;

}  // namespace capstan::audit
