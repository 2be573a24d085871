// parse_status: what answers at a status socket, which may be anybody's.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace capstan::tools {

// Json: nlohmann::json or ordered_json, always an object. Throws std::runtime_error for what is
// none, is no JSON, or is nested deeper than a status: that would be copied and written by
// functions that call themselves.
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
  } catch (const std::exception&) {  // said below
  }
  throw std::runtime_error("what answers there is no recorder");
}

}  // namespace capstan::tools
