// The report as one HTML page that opens from the file system and fetches nothing.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/bench_types.h"
#include "tools/bench/svg_chart.h"

namespace capstan::bench {

std::string html_page(const BenchReport& report);

// What the page says to somebody who reads one sentence only.
std::string summary_sentence(const BenchReport& report);

// The page's charts from the report's figures; those without data are left out.
std::vector<LineChart> loss_charts(const BenchReport& report);  // one a frame size
std::vector<BarChart> bar_charts(const BenchReport& report);

}  // namespace capstan::bench
