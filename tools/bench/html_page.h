// The report as one HTML page that can be opened as a file and loads nothing else.
#pragma once

#include <string>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

std::string html_page(const BenchReport& report);

// The page's result in one sentence.
std::string summary_sentence(const BenchReport& report);

}  // namespace capstan::bench
