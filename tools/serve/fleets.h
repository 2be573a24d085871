// Fleets: the sensors that a central server asks, as `--fleet FILE` names them. A client names a
// fleet, never a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/fleet/fleet_file.h"

namespace capstan::serve {

// Any thread; does not change after construction.
class Fleets {
 public:
  Fleets() = default;
  // Reads the files and everything that they name, secrets, certificates and keys too, so that none
  // has to be opened later. Throws UsageError like read_fleet_file(), and for two of one name.
  explicit Fleets(const std::vector<std::string>& paths);

  bool empty() const noexcept { return fleets_.empty(); }
  // Null: there is none of this name.
  const fleet::asking::FleetFile* find(const std::string& name) const noexcept;
  // TCP ports of all databases, and of the sensors that are connected to.
  std::vector<std::uint16_t> ports() const;
  // "berlin, madrid".
  std::string names() const;

 private:
  std::vector<fleet::asking::FleetFile> fleets_;
};

}  // namespace capstan::serve
