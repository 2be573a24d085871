// `capstan flows --fleet FILE`: conversations of many sensors, from the database.
#pragma once

#include <atomic>

#include "tools/flows/flows_cli.h"

namespace capstan::tools {

// Returns the exit status. Throws UsageError, std::runtime_error when the database gives no answer.
int flows_of_fleet(const FlowsCommandLine& line, const std::atomic<bool>& stop);

}  // namespace capstan::tools
