// JSON as text, made and read only here: names of files and interfaces come from outside and may be
// invalid UTF-8, for which the library's own dump() throws; and the library's writer and parser
// take seconds to compile, once and not in every source.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace capstan::tools {

// Returns one line, or lines indented by `indent` spaces per level. Invalid UTF-8 is replaced by
// U+FFFD.
std::string dump_json(const nlohmann::json& json, int indent = -1);
std::string dump_json(const nlohmann::ordered_json& json, int indent = -1);

// Returns the text as a JSON string, in its quotation marks. Invalid UTF-8 is replaced by U+FFFD.
std::string json_string(std::string_view text);

// Throws nlohmann::json::parse_error if the text is not JSON.
nlohmann::json parse_json(std::string_view text);
// Returns a discarded value, which is neither an object nor anything else, if the text is not JSON.
nlohmann::json try_parse_json(std::string_view text);

}  // namespace capstan::tools
