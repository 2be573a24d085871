// FleetReport: whether the answer of a fleet is whole, sensor by sensor, as text and as JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"
#include "tools/fleet/fleet_file.h"
#include "tools/fleet/fleet_tables.h"
#include "tools/fleet/sensor_result.h"

namespace capstan::fleet::asking {

// A sensor that the database knows and the fleet's file does not name.
struct UnnamedSensor {
  std::string name;
  std::uint64_t files = 0;     // of this time
  std::uint64_t matching = 0;  // conversations that may hold packets of the filter
};

struct FleetReport {
  TimeRange range;
  std::vector<SensorResult> sensors;
  std::vector<UnnamedSensor> unnamed;
  bool has_database = false;
  std::string database_error;  // why the database gave no answer
  bool interrupted = false;
  std::string limit;  // "-c 5": the user's limit that ended the answer; else empty

  bool whole() const noexcept;
};

// `results`: one for each sensor of the fleet.
FleetReport report_of(const FleetFile& fleet, const FleetQuestion& question,
                      const TableAnswer* tables, std::vector<SensorResult> results);

// Lines, each with a newline; the first is the verdict, then one for each sensor. `most_sensors`:
// of those that are whole; the others are always named.
std::string fleet_text(const FleetReport& report, std::size_t most_whole = 1000);
// "yes", "no", or "unknown" when nothing is known to be missing.
const char* fleet_word(const FleetReport& report) noexcept;
nlohmann::ordered_json fleet_json(const FleetReport& report);

}  // namespace capstan::fleet::asking
