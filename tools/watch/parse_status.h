// parse_status: parses the answer from a status socket, where any program may be answering.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace capstan::tools {

// Json: nlohmann::json or ordered_json. Returns a JSON object. Throws std::runtime_error if the
// text is not JSON, is not an object, or is nested deeper than any status: recursive functions
// would copy and write such a value.
template <class Json>
Json parse_status(const std::string& text);

}  // namespace capstan::tools
