// Conversations of a fleet, from the tables alone: no sensor is asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/index/index_row.h"
#include "tools/fleet/fleet_file.h"
#include "tools/fleet/fleet_tables.h"

namespace capstan::fleet::asking {

// What the database has of one sensor in the time asked for.
struct SensorRows {
  std::string name;
  bool named = false;  // in the fleet's file
  std::uint64_t files = 0;
  std::uint64_t last_ns = 0;       // of its last packet that is in the database
  std::uint64_t lost = 0;          // packets, in these files
  std::uint64_t silent_files = 0;  // that do not say what they lost
  std::uint64_t many_rows = 0;     // conversations without rows of their own, at least
  std::uint64_t many_packets = 0;
  std::uint64_t rows_gone = 0;  // conversations whose rows were there once
};

// Asks for the conversations of the sensors that the fleet's file names. Passes on one IndexRow for
// each, summed over files; of IP rows the MAC addresses are left out. `lost`: packets lost while it
// lived, on the rings of its files. Returns what is known of each sensor: those of the file in its
// order, then others. Throws TableError; UsageError where the file names no database.
std::vector<SensorRows> ask_flows(
    const FleetFile& fleet, const FleetQuestion& question, tools::LinkFilter& filter,
    const std::atomic<bool>& stop,
    const std::function<void(const IndexRow& row, std::uint64_t lost)>& take);

}  // namespace capstan::fleet::asking
