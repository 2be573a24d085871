// IndexEncoder: encodes the rows, keys and blocks of a file as its index (index_format.h).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/index/file_rows.h"
#include "engine/index/index_bytes.h"
#include "engine/index/index_reader.h"
#include "engine/index/packet_key.h"

namespace capstan {

// What is to be encoded. Borrowed.
struct IndexContents {
  const IndexSummary& summary;  // version and the counts of rows and blocks are set by the encoder
  const std::vector<IndexSection>& sections;
  const std::vector<IndexBlock>& blocks;
  const FileRows& rows;
  const std::vector<bool>& given_up;  // [row]: whether it is left out; empty: none is
  const std::vector<LinkFields>& links;
  const std::vector<InnerFlow>& inners;
};

std::vector<std::uint8_t> encode_index(const IndexContents& contents);

// Writes rows or keys in pages, with a table that holds a checksum for each page. An entry shares
// the beginning of its key with the previous entry of the same page.
class PageWriter {
 public:
  explicit PageWriter(std::size_t page_bytes) : page_bytes_(page_bytes) {}

  // Begins an entry with its key; the entry's other fields are then written to page().
  void begin_entry(const std::vector<std::uint8_t>& key);
  void end_entry();
  FieldWriter& page() noexcept { return page_; }
  // True when the entry just begun is the first of its page.
  bool first_in_page() const noexcept { return entries_ == 0; }

  // Ends the last page.
  void finish();
  const FieldWriter& pages() const noexcept { return pages_; }
  // For each page: bytes, entries, CRC-32; if `with_first_keys`, the bytes of its first key too.
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

// Encodes the keys. `order`: the rows in the order of the index; order[id] is the position in
// FileRows.
PageWriter encode_keys(const IndexContents& contents, const std::vector<std::uint32_t>& order);

// CRC-32 as in zlib and IEEE 802.3.
std::uint32_t index_checksum(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace capstan
