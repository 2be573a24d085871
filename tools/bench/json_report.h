// The report as JSON: all trials, and the results computed from them.
#pragma once

#include <string>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

// One indented object; its keys are documented in docs/bench.md.
std::string json_report(const BenchReport& report);

}  // namespace capstan::bench
