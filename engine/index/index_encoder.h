// IndexEncoder: rows, keys and blocks of a file to the bytes of its index (index_format.h).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/index/file_rows.h"
#include "engine/index/index_bytes.h"
#include "engine/index/index_reader.h"
#include "engine/index/packet_key.h"

namespace capstan {

// What is encoded. Borrowed.
struct IndexContents {
  const IndexSummary& summary;  // its version and counts of rows and blocks are set here
  const std::vector<IndexSection>& sections;
  const std::vector<IndexBlock>& blocks;
  const FileRows& rows;
  const std::vector<bool>& given_up;  // by row: it gets none; empty: all get theirs
  const std::vector<LinkFields>& links;
  const std::vector<InnerFlow>& inners;
};

std::vector<std::uint8_t> encode_index(const IndexContents& contents);

// Rows and keys are written in pages, each with a checksum in a table; entries share what they can
// with the one in front of them in their page.
class PageWriter {
 public:
  explicit PageWriter(std::size_t page_bytes) : page_bytes_(page_bytes) {}

  // Begins an entry by its key; its other fields follow in page().
  void begin_entry(const std::vector<std::uint8_t>& key);
  void end_entry();
  FieldWriter& page() noexcept { return page_; }
  // True when the entry just begun is the first of its page.
  bool first_in_page() const noexcept { return entries_ == 0; }

  // Closes the last page.
  void finish();
  const FieldWriter& pages() const noexcept { return pages_; }
  // Per page: bytes, entries, CRC-32; with first keys: their bytes too.
  FieldWriter table(bool with_first_keys) const;

 private:
  struct Page {
    std::size_t bytes = 0;
    std::uint32_t entries = 0;
    std::uint32_t checksum = 0;
    std::vector<std::uint8_t> first_key;
  };
  std::size_t page_bytes_;
  FieldWriter page_;
  FieldWriter pages_;
  std::uint32_t entries_ = 0;
  std::vector<std::uint8_t> last_key_;
  std::vector<std::uint8_t> first_key_;
  std::vector<Page> done_;
};

// Rows in the order of the index: order[id] is the row's place in FileRows.
PageWriter encode_keys(const IndexContents& contents, const std::vector<std::uint32_t>& order);

// CRC-32 as in zlib and IEEE 802.3.
std::uint32_t index_checksum(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace capstan
