// The command line of `capstan flows`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/set_reader.h"

namespace capstan::tools {

enum class FlowStyle : std::uint8_t { kTable, kCsv, kJson };
enum class FlowOrder : std::uint8_t { kBytes, kPackets, kDuration, kStart };
enum class Talkers : std::uint8_t { kNone, kHost, kService, kPair };

struct FlowsCommandLine {
  std::vector<std::string> inputs;  // -r
  std::string fleet_path;           // --fleet, instead of -r
  TimeRange range;
  std::string filter;
  bool inner = false;
  FlowStyle style = FlowStyle::kTable;
  FlowOrder order = FlowOrder::kBytes;
  Talkers talkers = Talkers::kNone;
  bool applications = false;  // --apps: also read packets
  std::uint64_t top = 0;      // 0: all
  std::uint64_t most_flows = 0;
};

// The value of a name; nullopt if there is no such name. The constants list the names for error
// messages.
std::optional<FlowOrder> flow_order_by_name(std::string_view name) noexcept;
inline constexpr const char* kFlowOrderNames = "bytes, packets, duration or start";
std::optional<Talkers> talkers_by_name(std::string_view name) noexcept;
inline constexpr const char* kTalkersNames = "host, service or pair";

// Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<FlowsCommandLine> parse_flows_command_line(int argc, char** argv);

}  // namespace capstan::tools
