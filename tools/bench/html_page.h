// The report as one HTML page that opens from the file system and fetches nothing.
#pragma once

#include <string>

#include "tools/bench/bench_types.h"

namespace capstan::bench {

std::string html_page(const BenchReport& report);

// What the page says to somebody who reads one sentence only.
std::string summary_sentence(const BenchReport& report);

}  // namespace capstan::bench
