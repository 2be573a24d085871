// Determines the length of interface descriptions, which the reader of a file does not report.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/byte_order.h"
#include "engine/format/pcapng.h"
#include "engine/index/index_builder.h"
#include "engine/reader/capture_items.h"
#include "engine/reader/pcap_reader.h"

namespace capstan {

// Sets IndexInterface::length_bytes of all interfaces. `read_at(offset, to, size)` reads bytes of
// the recording and returns whether that worked.
template <typename ReadAt>
void measure_interfaces(IndexedFile& indexed, const std::vector<FileSection>& sections,
                        ReadAt read_at) {
  for (std::size_t i = 0; i < indexed.sections.size(); ++i) {
    for (IndexInterface& interface : indexed.sections[i].interfaces) {
      if (indexed.pcap) {
        interface.length_bytes = kPcapFileHeadBytes;
        continue;
      }
      std::array<std::uint8_t, 4> length{};
      if (!read_at(interface.offset + 4, length.data(), length.size())) continue;
      interface.length_bytes = sections[i].byte_swapped ? SwappedOrder::load32(length.data())
                                                        : NativeOrder::load32(length.data());
    }
  }
}

}  // namespace capstan
