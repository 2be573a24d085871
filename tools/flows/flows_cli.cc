#include "tools/flows/flows_cli.h"

#include <fmt/format.h>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/time_range.h"

namespace capstan::tools {

namespace {

// Some 250 bytes each.
constexpr std::uint64_t kMostFlows = 4'000'000;

FlowOrder understand_order(const std::string& text) {
  if (text.empty()) return FlowOrder::kBytes;
  if (const auto order = flow_order_by_name(text)) return *order;
  throw UsageError(fmt::format("--by {}: it is {}", text, kFlowOrderNames));
}

Talkers understand_talkers(const std::string& text) {
  if (text.empty()) return Talkers::kNone;
  if (const auto talkers = talkers_by_name(text)) return *talkers;
  throw UsageError(fmt::format("--talkers {}: it is {}", text, kTalkersNames));
}

}  // namespace

std::optional<FlowOrder> flow_order_by_name(std::string_view name) noexcept {
  if (name == "bytes") return FlowOrder::kBytes;
  if (name == "packets") return FlowOrder::kPackets;
  if (name == "duration") return FlowOrder::kDuration;
  if (name == "start") return FlowOrder::kStart;
  return std::nullopt;
}

std::optional<Talkers> talkers_by_name(std::string_view name) noexcept {
  if (name == "host") return Talkers::kHost;
  if (name == "service") return Talkers::kService;
  if (name == "pair") return Talkers::kPair;
  return std::nullopt;
}

std::optional<FlowsCommandLine> parse_flows_command_line(int argc, char** argv) {
  CommandLine app("Conversations of recordings, from their indexes.", "capstan flows");
  app.set_help_flag("-h,--help", "Print this help and exit");
  FlowsCommandLine line;
  TimeRangeFlags range;
  std::vector<std::string> words;
  std::string order;
  std::string talkers;
  bool csv = false;
  bool json = false;
  line.most_flows = kMostFlows;
  app.add_option("-r", line.inputs,
                 "Read this file, directory or pattern (default: this directory)")
      .allow_extra_args(false);
  app.add_option(
      "--fleet", line.fleet_path,
      "Ask the database of this file (TOML, see docs/fleet.md) instead of reading indexes");
  add_time_range_flags(app, range);
  app.add_option("filter", words, "Which conversations, in the language of pcap-filter(7)");
  app.add_flag("--inner", line.inner, "The filter may match inside of tunnels too");
  app.add_flag("--csv", csv, "Comma-separated values with a line of names");
  app.add_flag("--json", json, "One EVE flow object a line");
  app.add_flag("--apps", line.applications,
               "Name application protocol and server name (TLS SNI): reads the packets too");
  app.add_option("--by", order, "Order: bytes (default), packets, duration, start");
  app.add_option("--top", line.top, "Only the first so many");
  app.add_option("--talkers", talkers, "Sums by host, service or pair");
  app.add_option("--max-flows", line.most_flows,
                 fmt::format("Conversations kept in memory (default: {})", kMostFlows))
      .range(std::uint64_t{1}, std::uint64_t{1} << 32);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (csv && json) throw UsageError("--csv and --json exclude each other");
  if (csv) line.style = FlowStyle::kCsv;
  if (json) line.style = FlowStyle::kJson;
  for (const std::string& word : words) {
    if (!line.filter.empty()) line.filter += ' ';
    line.filter += word;
  }
  if (!line.fleet_path.empty() && (!line.inputs.empty() || line.inner || line.applications)) {
    throw UsageError(fmt::format("--fleet and {} exclude each other", !line.inputs.empty() ? "-r"
                                                                      : line.inner ? "--inner"
                                                                                   : "--apps"));
  }
  if (line.inputs.empty() && line.fleet_path.empty()) line.inputs.emplace_back(".");
  line.range = understand_time_range(range, wall_clock_ns());
  line.order = understand_order(order);
  line.talkers = understand_talkers(talkers);
  return line;
}

}  // namespace capstan::tools
