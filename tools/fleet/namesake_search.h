// NamesakeSearch: whether a name that a sensor dials under is one machine's. Two of them with
// certificates of one name answer in turn, so that the answer of one says nothing of the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/fleet/sensor_client.h"
#include "tools/fleet/sensor_result.h"

namespace capstan::fleet::asking {

// One thread, except end(). All arguments are borrowed.
class NamesakeSearch {
 public:
  NamesakeSearch(const FleetFile& fleet, const Sensor& sensor, const std::atomic<bool>& stop)
      : fleet_(fleet), sensor_(sensor), stop_(stop) {}

  // Asks who answers at the other addresses of `sources`, within the fleet's limit for a connection
  // in all. `instance`: of the server that has answered at `address`.
  std::vector<Namesake> run(const std::string& instance, const std::string& address,
                            const std::vector<dial::DialSource>& sources);
  // Any thread: ends it, for good.
  void end() noexcept;

 private:
  std::optional<Namesake> look_at(const dial::DialSource& source, const std::string& instance,
                                  std::uint64_t limit_ms);

  const FleetFile& fleet_;
  const Sensor& sensor_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;                // protects the two below
  SensorClient* client_ = nullptr;  // that asks now
  bool ended_ = false;
};

}  // namespace capstan::fleet::asking
