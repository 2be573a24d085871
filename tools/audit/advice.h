// What to change where: one sentence a server, for the report.
#pragma once

#include <string>
#include <vector>

#include "engine/audit/services.h"

namespace capstan::tools {

// Sentences for one service, most urgent first; empty when nothing is wrong with it.
std::vector<std::string> advice_for(const audit::ServiceKey& key, const audit::Service& service);

}  // namespace capstan::tools
