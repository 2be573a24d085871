// What `capstan ship` says of its progress: a line, a sentence, JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/ship/ship_state.h"
#include "tools/ship/shipper.h"

namespace capstan::fleet {

// "1,234,567 rows of 12 files, 3 files wait, 123,456 rows/s"
std::string ship_progress(const ShipCounters& counters, std::uint64_t elapsed_ns);

// At the end: the same, and what was left out, a line each.
std::string ship_summary(const ShipCounters& counters, std::uint64_t elapsed_ns);

nlohmann::ordered_json ship_json(const ShipCounters& counters, const ShipState& state,
                                 const std::string& sensor, std::uint64_t elapsed_ns, bool final);

}  // namespace capstan::fleet
