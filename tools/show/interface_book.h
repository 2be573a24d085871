// InterfaceBook: the names of the interfaces in the files of a set, for printing packets.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"

namespace capstan::show {

// Listener of a SetReader. The names live as long as this object.
class InterfaceBook final : public SetListener {
 public:
  explicit InterfaceBook(std::size_t files) : names_(files) {}

  void on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) override {
    if (item != ReadItem::kInterface) return;
    names_[file].push_back(&*known_.insert(capture.interfaces().back().name).first);
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
};

}  // namespace capstan::show
