// One string of a JSON object on a line, found by its name: for protocols that send a flat object.
#pragma once

#include <string_view>

#include "engine/audit/facts.h"

namespace capstan::audit {

// The value of `name` in `text`: of a string what stands between its quotes, escapes and all; of a
// number, true or false its letters. Empty when it is not there. Names inside strings are not taken
// for names.
std::string_view json_value(std::string_view text, std::string_view name) noexcept;

}  // namespace capstan::audit
