#include "tools/common/json_text.h"

#include <nlohmann/json.hpp>

namespace capstan::tools {

namespace {

template <typename Json>
std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string dump_json(const nlohmann::json& json, int indent) { return dump(json, indent); }
std::string dump_json(const nlohmann::ordered_json& json, int indent) { return dump(json, indent); }

std::string json_string(std::string_view text) { return dump_json(nlohmann::json(text)); }

nlohmann::json parse_json(std::string_view text) { return nlohmann::json::parse(text); }
nlohmann::json try_parse_json(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace capstan::tools
