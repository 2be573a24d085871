// InterfaceBook: the names of the interfaces of a set's files, for those who print packets of them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"

namespace capstan::show {

// Listens to a SetReader. Names live as long as the book.
class InterfaceBook final : public SetListener {
 public:
  explicit InterfaceBook(std::size_t files) : names_(files) {}

  void on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) override {
    if (item != ReadItem::kInterface) return;
    names_[file].push_back(&*known_.insert(capture.interfaces().back().name).first);
  }

  // Null for an interface that was not described.
  const std::string* name_of(const SetPacket& packet) const noexcept {
    const std::vector<const std::string*>& names = names_[packet.file];
    const std::uint32_t id = packet.packet.interface_id;
    return id < names.size() ? names[id] : nullptr;
  }

 private:
  std::set<std::string> known_;
  std::vector<std::vector<const std::string*>> names_;  // by file, by its number there
};

}  // namespace capstan::show
