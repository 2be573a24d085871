#include "tools/serve/fleets.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/core/errors.h"

namespace capstan::serve {

using fleet::asking::FleetFile;

Fleets::Fleets(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    FleetFile file = fleet::asking::read_fleet_file(path);
    if (const FleetFile* const same = find(file.name)) {
      throw UsageError(
          fmt::format("--fleet {}: {} has the name '{}' already: a line 'name = \"...\"' "
                      "at the top of a file gives it another",
                      path, same->path, file.name));
    }
    tools::keep_in_memory(file.database.tls);
    for (fleet::asking::Sensor& sensor : file.sensors) tools::keep_in_memory(sensor.tls);
    fleets_.push_back(std::move(file));
  }
}

const FleetFile* Fleets::find(const std::string& name) const noexcept {
  const auto found = std::find_if(fleets_.begin(), fleets_.end(),
                                  [&name](const FleetFile& one) { return one.name == name; });
  return found == fleets_.end() ? nullptr : &*found;
}

std::vector<std::uint16_t> Fleets::ports() const {
  std::set<std::uint16_t> ports;
  const auto add = [&ports](const std::string& url) {
    const std::string server = tools::check_http_url(url);
    ports.insert(static_cast<std::uint16_t>(std::stoul(server.substr(server.rfind(':') + 1))));
  };
  for (const FleetFile& one : fleets_) {
    if (!one.database.url.empty()) add(one.database.url);
    // The address of one that dials is the name in its certificate: nobody connects to it.
    for (const fleet::asking::Sensor& sensor : one.sensors) {
      if (sensor.dial.empty()) add(sensor.url);
    }
  }
  return {ports.begin(), ports.end()};
}

std::string Fleets::names() const {
  std::string text;
  for (const FleetFile& one : fleets_) text += (text.empty() ? "" : ", ") + one.name;
  return text;
}

}  // namespace capstan::serve
