// Encodes those sections of an index that are written in one piece: for index_encoder.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/index/index_encoder.h"

namespace capstan {

// Numbers the links that rows refer to, in the order of their first use.
class LinkNumbers {
 public:
  explicit LinkNumbers(std::size_t links) : numbers_(links, kNone) {}

  std::uint32_t of(std::uint32_t link) {
    if (numbers_[link] == kNone) {
      numbers_[link] = static_cast<std::uint32_t>(used_.size());
      used_.push_back(link);
    }
    return numbers_[link];
  }
  const std::vector<std::uint32_t>& used() const noexcept { return used_; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint32_t> used_;
};

FieldWriter encode_links(const IndexContents& contents, const LinkNumbers& numbers);
FieldWriter encode_summary(const IndexSummary& summary);
// Empty where the place is not known, and where there is no ledger: other programs' files have
// none.
FieldWriter encode_place(const IndexSummary& summary);
FieldWriter encode_sections(const std::vector<IndexSection>& sections);
FieldWriter encode_blocks(const std::vector<IndexBlock>& blocks);

}  // namespace capstan
