// JSON as text. The one place where it is made: names of files and interfaces come from outside and
// may be no UTF-8, for which the library's own dump() throws.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace capstan::tools {

// On one line, or indented by `indent` blanks a level. What is no UTF-8 is replaced by U+FFFD.
template <typename Json>
std::string dump_json(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace capstan::tools
