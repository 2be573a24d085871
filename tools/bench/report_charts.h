// The charts of a bench's page, from the numbers in the report, and the numbers that the page's
// sentences share with them.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/bench_types.h"
#include "tools/bench/svg_chart.h"

namespace capstan::bench {

// The page's charts; charts without data are left out.
std::vector<LineChart> loss_charts(const BenchReport& report);  // one per frame size
std::vector<BarChart> bar_charts(const BenchReport& report);

// The tools that were present and could be measured.
std::vector<std::string> present_tools(const BenchReport& report);
// "IMIX" or "1518 bytes".
std::string frame_words(const std::string& frame);
// Mean size of the frames of that name; 0: not known.
double mean_packet_bytes(const BenchReport& report, const std::string& frame);
// The rate on the wire, Gb/s, at which Capstan's file would need the full speed of the disk; 0: not
// known.
double disk_limit_gbps(const BenchReport& report, const std::string& frame);
// Gb/s recorded without loss, the median of all repeats; -1: nothing was measured.
double no_drop_gbps(const BenchReport& report, const std::string& tool, const std::string& frame);

}  // namespace capstan::bench
