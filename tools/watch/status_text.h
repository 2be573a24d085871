// The answer of a running recorder as lines for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace capstan::tools {

// `status`: what StatusSocket sends: pid, version, interfaces, since, stats (in the form of
// `--stats-json`). Throws nlohmann::json::exception if it has another form.
std::string status_text(const nlohmann::json& status);

}  // namespace capstan::tools
