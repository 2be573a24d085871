// JSON as text, made only here: names of files and interfaces come from outside and may be invalid
// UTF-8, for which the library's own dump() throws.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace capstan::tools {

// Returns one line, or lines indented by `indent` spaces per level. Invalid UTF-8 is replaced by
// U+FFFD.
template <typename Json>
std::string dump_json(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace capstan::tools
