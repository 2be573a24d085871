// The charts of a bench's page, from the report's figures, and the figures that its sentences share
// with them.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/bench_types.h"
#include "tools/bench/svg_chart.h"

namespace capstan::bench {

// The page's charts; those without data are left out.
std::vector<LineChart> loss_charts(const BenchReport& report);  // one a frame size
std::vector<BarChart> bar_charts(const BenchReport& report);

// The tools that were there to be measured.
std::vector<std::string> present_tools(const BenchReport& report);
// "IMIX", "1518 bytes".
std::string frame_words(const std::string& frame);
// Of the frames of that name; 0: not known.
double mean_packet_bytes(const BenchReport& report, const std::string& frame);
// The rate on the wire, Gb/s, at which Capstan's file would need all of the disk; 0: not known.
double disk_limit_gbps(const BenchReport& report, const std::string& frame);
// Gb/s recorded without loss, the median over repeats; -1: nothing was measured.
double no_drop_gbps(const BenchReport& report, const std::string& tool, const std::string& frame);

}  // namespace capstan::bench
