#include "tools/watch/parse_status.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace capstan::tools {

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

template nlohmann::json parse_status(const std::string&);
template nlohmann::ordered_json parse_status(const std::string&);

}  // namespace capstan::tools
