// The report as JSON: every raw trial, and what follows from them.
#pragma once

#include <string>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

// One indented object; its keys are documented in docs/bench.md.
std::string json_report(const BenchReport& report);

}  // namespace capstan::bench
