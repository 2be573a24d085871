// What a running recorder answers, as lines for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace capstan::tools {

// `status` is what StatusSocket serves: pid, version, interfaces, since, stats (as
// `--stats-json` writes them). Throws nlohmann::json::exception when it is not.
std::string status_text(const nlohmann::json& status);

}  // namespace capstan::tools
