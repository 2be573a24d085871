// Conversations as a table, as comma-separated values and as EVE lines; and their totals by host,
// service or pair.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/flows/flow_book.h"
#include "tools/flows/flows_cli.h"

namespace capstan::tools {

// As in EVE: "2026-11-27T14:05:30.250000+0000".
std::string flow_time(std::uint64_t ns);

// The header line, or an empty text.
std::string flow_head(FlowStyle style);
// One line.
std::string flow_line(const Flow& flow, FlowStyle style);

// The traffic of a host, a service or a pair of hosts.
struct Talker {
  std::string name;
  std::uint64_t flows = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t sent_bytes = 0;  // by the host, by the service's server, by the first of a pair
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
};

// For comes_before().
inline std::uint64_t bytes_of(const Talker& talker) noexcept { return talker.bytes; }
inline std::uint64_t packets_of(const Talker& talker) noexcept { return talker.packets; }

std::vector<Talker> talkers_of(const std::vector<Flow>& flows, Talkers kind);
std::string talker_head(FlowStyle style, Talkers kind);
std::string talker_line(const Talker& talker, FlowStyle style, Talkers kind);

}  // namespace capstan::tools
