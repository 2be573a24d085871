#include "tools/bench/report_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace capstan::bench {

namespace {

constexpr double kGiga = 1e9;
// What one packet costs on disk in pcapng as Capstan writes large frames (docs/benchmarks.md).
constexpr double kFileOverheadBytes = 84;

// In the order of their first appearance.
template <typename Items>
std::vector<std::string> frames_of(const Items& items) {
  std::vector<std::string> frames;
  for (const auto& item : items) {
    if (std::find(frames.begin(), frames.end(), item.frame) == frames.end()) {
      frames.push_back(item.frame);
    }
  }
  return frames;
}

// Of the valid trial with the smallest load of the curve: the loads at which peers lose nothing, or
// least.
double cpu_per_packet(const BenchReport& report, const std::string& tool,
                      const std::string& frame) {
  const Trial* best = nullptr;
  for (const Trial& trial : report.trials) {
    if (trial.tool != tool || trial.frame != frame || !trial.valid() || trial.cpu_ns == 0) continue;
    if (trial.purpose != "curve") continue;
    if (best == nullptr || trial.offered_pps() < best->offered_pps()) best = &trial;
  }
  return best == nullptr ? -1 : best->cpu_ns_per_packet();
}

BarChart rate_chart(const BenchReport& report, bool logarithmic) {
  BarChart chart;
  chart.title = logarithmic ? "The same, each step ten times the one before"
                            : "Highest rate without loss, by frame size";
  chart.y_label = logarithmic ? "Gb/s recorded, none lost (log)" : "Gb/s recorded, none lost";
  chart.logarithmic = logarithmic;
  const std::vector<std::string> frames = frames_of(report.no_drop);
  for (const std::string& frame : frames) chart.groups.push_back(frame_words(frame));
  for (const std::string& tool : present_tools(report)) {
    Series series;
    series.name = tool;
    for (const std::string& frame : frames) {
      series.values.push_back(no_drop_gbps(report, tool, frame));
    }
    chart.series.push_back(std::move(series));
  }
  if (report.disk_bytes_per_second > 0) {
    chart.horizontal.push_back({"disk", report.disk_bytes_per_second * 8 / kGiga});
  }
  if (logarithmic && report.memcpy_bytes_per_second > 0) {  // it would flatten the linear bars
    chart.horizontal.push_back({"memcpy, one core", report.memcpy_bytes_per_second * 8 / kGiga});
  }
  return chart;
}

BarChart cpu_chart(const BenchReport& report) {
  BarChart chart;
  chart.title = "CPU time of the recorder for each packet sent";
  chart.y_label = "ns a packet (log)";
  chart.logarithmic = true;
  std::vector<std::string> frames;
  for (const std::string& frame : frames_of(report.trials)) {
    const auto is_curve = [&](const Trial& t) { return t.frame == frame && t.purpose == "curve"; };
    if (std::any_of(report.trials.begin(), report.trials.end(), is_curve)) frames.push_back(frame);
  }
  for (const std::string& frame : frames) chart.groups.push_back(frame_words(frame));
  for (const std::string& tool : present_tools(report)) {
    Series series;
    series.name = tool;
    for (const std::string& frame : frames) {
      series.values.push_back(cpu_per_packet(report, tool, frame));
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

BarChart burst_chart(const BenchReport& report) {
  BarChart chart;
  chart.title = "Longest burst at top speed without loss";
  chart.y_label = "milliseconds";
  std::vector<std::uint32_t> rings;
  for (const BurstLimit& burst : report.bursts) {
    if (std::find(rings.begin(), rings.end(), burst.ring_mib) == rings.end()) {
      rings.push_back(burst.ring_mib);
    }
  }
  for (const std::uint32_t ring : rings) chart.groups.push_back(fmt::format("{} MiB", ring));
  std::vector<std::pair<std::string, std::string>> kinds;
  for (const BurstLimit& burst : report.bursts) {
    if (std::find(kinds.begin(), kinds.end(), std::pair(burst.tool, burst.frame)) == kinds.end()) {
      kinds.emplace_back(burst.tool, burst.frame);
    }
  }
  for (const auto& [tool, frame] : kinds) {
    Series series;
    series.name = tool + " " + frame;
    for (const std::uint32_t ring : rings) {
      double value = -1;
      for (const BurstLimit& burst : report.bursts) {
        if (burst.tool == tool && burst.frame == frame && burst.ring_mib == ring) {
          value = burst.milliseconds;
        }
      }
      series.values.push_back(value);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

std::vector<std::string> present_tools(const BenchReport& report) {
  std::vector<std::string> names;
  for (const ToolInfo& tool : report.tools) {
    if (tool.present) names.push_back(tool.name);
  }
  return names;
}

std::string frame_words(const std::string& frame) {
  return frame == "imix" ? "IMIX" : frame + " bytes";
}

double mean_packet_bytes(const BenchReport& report, const std::string& frame) {
  for (const TopSpeed& top : report.top_speeds) {
    if (top.frame == frame && top.pps > 0) return top.bps / 8 / top.pps;
  }
  return 0;
}

double disk_limit_gbps(const BenchReport& report, const std::string& frame) {
  const double bytes = mean_packet_bytes(report, frame);
  if (bytes <= 0) return 0;
  return report.disk_bytes_per_second * bytes / (bytes + kFileOverheadBytes) * 8 / kGiga;
}

double no_drop_gbps(const BenchReport& report, const std::string& tool, const std::string& frame) {
  std::vector<double> values;
  for (const NoDropRate& rate : report.no_drop) {
    if (rate.tool == tool && rate.frame == frame && rate.measured) values.push_back(rate.bps);
  }
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2] / kGiga;
}

std::vector<LineChart> loss_charts(const BenchReport& report) {
  std::vector<Trial> curve;
  std::copy_if(report.trials.begin(), report.trials.end(), std::back_inserter(curve),
               [](const Trial& trial) { return trial.purpose == "curve"; });
  std::vector<LineChart> charts;
  for (const std::string& frame : frames_of(curve)) {
    LineChart chart;
    chart.title = fmt::format("Packets lost, {}", frame_words(frame));
    chart.x_label = "offered, Gb/s";
    chart.y_label = "lost, % of the packets sent";
    for (const std::string& tool : present_tools(report)) {
      Series series;
      series.name = tool;
      for (const Trial& trial : curve) {
        if (trial.tool != tool || trial.frame != frame || !trial.valid()) continue;
        series.points.emplace_back(trial.offered_bps() / kGiga, trial.loss_percent());
      }
      chart.series.push_back(std::move(series));
    }
    const double disk = disk_limit_gbps(report, frame);
    if (disk > 0) chart.vertical.push_back({"disk's own rate", disk});
    charts.push_back(std::move(chart));
  }
  return charts;
}

std::vector<BarChart> bar_charts(const BenchReport& report) {
  std::vector<BarChart> charts;
  if (!report.no_drop.empty()) {
    charts.push_back(rate_chart(report, false));
    charts.push_back(rate_chart(report, true));
  }
  BarChart cpu = cpu_chart(report);
  if (!cpu.groups.empty()) charts.push_back(std::move(cpu));
  if (!report.bursts.empty()) charts.push_back(burst_chart(report));
  return charts;
}

}  // namespace capstan::bench
