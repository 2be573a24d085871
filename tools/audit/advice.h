// Advice about what to change where: one sentence per server, for the report.
#pragma once

#include <string>
#include <vector>

#include "engine/audit/services.h"

namespace capstan::tools {

// Returns sentences for one service, most urgent first; empty when nothing is wrong with it.
std::vector<std::string> advice_for(const audit::ServiceKey& key, const audit::Service& service);

}  // namespace capstan::tools
