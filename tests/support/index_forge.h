// Puts an index's checksums right again after its bytes were changed, so that what lies behind them
// is tried: for fuzzing and forged contents.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/index/index_bytes.h"
#include "engine/index/index_encoder.h"
#include "engine/index/index_format.h"

namespace capstan::test {

inline void store_le32(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// The checksums of pages stand in a table; its own is put right afterwards.
inline void forge_pages(std::vector<std::uint8_t>& bytes, std::size_t table,
                        std::size_t table_bytes, std::size_t pages, bool with_first_keys) {
  FieldReader from{std::span<const std::uint8_t>(bytes).subspan(table, table_bytes)};
  const std::uint64_t count = from.varint();
  for (std::uint64_t i = 0; i < count && !from.failed(); ++i) {
    const std::uint64_t size = from.varint();
    from.varint();
    const std::size_t at = table + table_bytes - from.left();
    from.u32();
    if (with_first_keys) from.raw(from.varint());
    if (from.failed() || pages > bytes.size() || size > bytes.size() - pages) return;
    store_le32(bytes, at, index_checksum(std::span(bytes).subspan(pages, size)));
    pages += size;
  }
}

inline void forge_checksums(std::vector<std::uint8_t>& bytes) {
  using index_format::SectionId;
  if (bytes.size() < index_format::kFixedHeadBytes) return;
  FieldReader head{std::span<const std::uint8_t>(bytes)};
  head.raw(28);
  const std::uint32_t count = std::min<std::uint32_t>(head.u32(), index_format::kMaxSections);
  struct Place {
    std::size_t entry = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  Place places[9];
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t entry = index_format::kFixedHeadBytes + i * index_format::kSectionEntryBytes;
    const std::uint32_t id = head.u32();
    head.u32();
    const std::uint64_t offset = head.u64();
    const std::uint64_t size = head.u64();
    if (head.failed()) return;
    if (id < 9 && offset <= bytes.size() && size <= bytes.size() - offset) {
      places[id] = {entry, offset, size};
    }
  }
  const auto place = [&places](SectionId id) { return places[static_cast<std::size_t>(id)]; };
  const Place keys = place(SectionId::kKeyTable);
  const Place rows = place(SectionId::kRowTable);
  forge_pages(bytes, keys.offset, keys.size, place(SectionId::kKeyPages).offset, true);
  forge_pages(bytes, rows.offset, rows.size, place(SectionId::kRowPages).offset, false);
  for (const Place& section : places) {
    if (section.entry == 0) continue;
    store_le32(bytes, section.entry + 4,
               index_checksum(std::span(bytes).subspan(section.offset, section.size)));
  }
  const std::size_t head_bytes =
      index_format::kFixedHeadBytes + count * index_format::kSectionEntryBytes;
  store_le32(bytes, index_format::kHeadChecksumOffset, 0);
  store_le32(bytes, index_format::kHeadChecksumOffset,
             index_checksum(std::span(bytes).first(head_bytes)));
}

}  // namespace capstan::test
