// InterfaceBook: the names of the interfaces in the files of a set, for printing packets.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/reader/set_reader.h"

namespace capstan::show {

// Listener of a SetReader. The names live as long as this object.
class InterfaceBook final : public SetListener {
 public:
  // `sensors`: a name for each file, which stands in front of its interfaces' names with a colon;
  // empty: none.
  explicit InterfaceBook(std::size_t files, std::vector<std::string> sensors = {})
      : names_(files), sensors_(std::move(sensors)) {}

  void on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) override {
    if (item != ReadItem::kInterface) return;
    const std::string& name = capture.interfaces().back().name;
    names_[file].push_back(
        &*known_.insert(sensors_.empty() ? name : sensors_[file] + ":" + name).first);
  }

  // Returns null for an interface that was not described.
  const std::string* name_of(const SetPacket& packet) const noexcept {
    const std::vector<const std::string*>& names = names_[packet.file];
    const std::uint32_t id = packet.packet.interface_id;
    return id < names.size() ? names[id] : nullptr;
  }

 private:
  std::set<std::string> known_;
  std::vector<std::vector<const std::string*>> names_;  // by file, then by number
  std::vector<std::string> sensors_;                    // by file
};

}  // namespace capstan::show
