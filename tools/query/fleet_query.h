// `capstan query --fleet FILE`: the same question to many sensors, one answer.
#pragma once

#include <atomic>

#include "tools/query/query_cli.h"

namespace capstan::tools {

// Returns the exit status. Throws UsageError and std::system_error.
int query_fleet(const QueryCommandLine& line, const std::atomic<bool>& stop);

}  // namespace capstan::tools
