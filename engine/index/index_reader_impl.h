// The parts of IndexReader that its source files share: the source of bytes, tables, pages.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "engine/index/index_bytes.h"
#include "engine/index/index_reader.h"
#include "engine/index/packet_key.h"

namespace capstan {

// Where the bytes of an index are: an open file or memory.
class IndexSource {
 public:
  explicit IndexSource(std::span<const std::uint8_t> bytes) noexcept
      : bytes_(bytes), size_(bytes.size()) {}
  IndexSource(UniqueFd fd, std::uint64_t size) noexcept : fd_(std::move(fd)), size_(size) {}

  std::uint64_t size() const noexcept { return size_; }
  // Reads exactly `size` bytes at `offset`. Returns 0 or an errno value; EIO when the file has
  // become shorter.
  int read(std::uint64_t offset, std::size_t size, std::vector<std::uint8_t>& to) const;
  // Of a file: whether the kernel is to read nothing but what is asked for (posix_fadvise(2)).
  void expect_jumps(bool jumps) const noexcept;

 private:
  UniqueFd fd_;
  std::span<const std::uint8_t> bytes_;
  std::uint64_t size_ = 0;
};

// Where a page is, and the size, number of entries and checksum that it must have.
struct IndexPage {
  std::uint64_t offset = 0;  // in bytes, from the start of the index
  std::uint32_t bytes = 0;
  std::uint32_t entries = 0;
  std::uint32_t checksum = 0;
  std::uint32_t first_entry = 0;        // number of its first entry, counted over all pages
  std::vector<std::uint8_t> first_key;  // only for key pages
};

// Steps through the entries of a page and reconstructs the full key of each.
class PageEntries {
 public:
  PageEntries(const IndexPage& page, std::span<const std::uint8_t> bytes) noexcept
      : fields_(bytes), left_(page.entries) {}

  // False at the end and when the page is damaged: see failed(). The caller must read the entry's
  // other fields from fields() before the next call.
  [[nodiscard]] bool next();
  std::span<const std::uint8_t> key() const noexcept { return key_; }
  FieldReader& fields() noexcept { return fields_; }
  // True when something was wrong, or bytes are left over after the last entry.
  bool failed() const noexcept { return fields_.failed() || (left_ == 0 && fields_.left() != 0); }

 private:
  FieldReader fields_;
  std::uint32_t left_;
  std::vector<std::uint8_t> key_;
};

class IndexReader::Impl {
 public:
  explicit Impl(IndexSource source) : source_(std::move(source)) {}

  // index_head.cc
  IndexRefusal open(std::string& reason);

  const std::vector<IndexBlock>* blocks();
  bool read_row(std::uint32_t id, IndexRow& row, std::vector<std::uint32_t>* blocks);
  bool for_each_row(const RowVisitor& visit);
  bool find(std::uint8_t kind, std::span<const std::uint8_t> low,
            std::span<const std::uint8_t> high, RowIds& rows);
  std::uint64_t lost_between(std::uint64_t first_ns, std::uint64_t last_ns);
  bool check();

  IndexSummary summary;
  std::vector<IndexSection> sections;
  std::string error;

 private:
  struct Section {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint32_t checksum = 0;
    bool present = false;
  };

  // Sets `error`; always returns false.
  bool damaged(const std::string& what);
  const Section& section(index_format::SectionId id) const noexcept {
    return table_[static_cast<std::size_t>(id)];
  }
  // index_head.cc
  IndexRefusal read_head(std::string& reason);
  bool read_section(index_format::SectionId id, std::vector<std::uint8_t>& to);
  bool read_summary();
  bool read_place();
  bool read_sections();
  bool read_page_table(index_format::SectionId table, index_format::SectionId pages,
                       bool with_first_keys, std::vector<IndexPage>& to);
  // index_lists.cc
  bool read_blocks();
  bool read_links();
  // index_rows.cc
  bool read_page(const IndexPage& page, std::vector<std::uint8_t>& to);
  bool prepare_rows();
  bool decode_row(PageEntries& entries, std::uint32_t id, IndexRow& row,
                  std::vector<std::uint32_t>* blocks);
  bool decode_row_key(FieldReader key, IndexRow& row);
  bool decode_row_body(FieldReader& from, IndexRow& row, std::vector<std::uint32_t>* blocks);
  // index_keys.cc
  bool collect(std::uint8_t kind, std::span<const std::uint8_t> low,
               std::span<const std::uint8_t> high, RowIds& rows, bool& common);
  bool scan_rows(std::uint8_t kind, std::span<const std::uint8_t> low,
                 std::span<const std::uint8_t> high, RowIds& rows);
  bool check_keys();
  bool check_rows();

  IndexSource source_;
  std::vector<std::uint8_t> front_;  // the first bytes of the index, read in one call
  std::array<Section, index_format::kKnownSections + 1> table_{};
  std::vector<IndexPage> row_pages_;
  std::vector<IndexPage> key_pages_;
  bool unknown_apart_ = false;  // see index_format::kUnknownApart
  std::optional<std::vector<IndexBlock>> blocks_;
  std::optional<std::vector<LinkFields>> links_;
  std::vector<std::uint8_t> row_page_bytes_;  // the page read last
  std::uint32_t row_page_ = ~std::uint32_t{0};
};

}  // namespace capstan
