// parse_status: parses the answer from a status socket, where any program may be answering.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace capstan::tools {

// Json: nlohmann::json or ordered_json. Returns a JSON object. Throws std::runtime_error if the
// text is not JSON, is not an object, or is nested deeper than any status: recursive functions
// would copy and write such a value.
template <class Json>
Json parse_status(const std::string& text) {
  constexpr int kDeepest = 32;
  const auto refuse_deep = [](int depth, typename Json::parse_event_t, const Json&) {
    if (depth > kDeepest) throw std::runtime_error("nested too deep");
    return true;
  };
  try {
    Json status = Json::parse(text, refuse_deep);
    if (status.is_object()) return status;
  } catch (const std::exception&) {  // reported below
  }
  throw std::runtime_error("what answers there is no recorder");
}

}  // namespace capstan::tools
