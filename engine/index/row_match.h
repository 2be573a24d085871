// RowMatch: whether a conversation of an index can hold a packet that a filter accepts, and by
// which keys to find such conversations.
//
// Connects engine/filter/filter_condition.h, which knows header fields, with index_reader.h, which
// knows rows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/filter/filter_condition.h"
#include "engine/index/index_reader.h"

namespace capstan {

// One filter, for packets of one link type. One thread, because it keeps scratch memory.
class RowMatch {
 public:
  // Borrows nothing. `link_type`: of the program that the condition was made from.
  RowMatch(FilterCondition condition, std::uint16_t link_type)
      : condition_(std::move(condition)), link_type_(link_type) {}

  std::uint16_t link_type() const noexcept { return link_type_; }
  // True when no row can be ruled out: looking at rows is then useless.
  bool always() const noexcept { return condition_.kind() == FilterCondition::Kind::kAlways; }

  // False only when no packet of the row, in either direction, can be accepted. A row of another
  // link type may always match.
  bool may_match(const IndexRow& row);

  // Row ids that include all rows that may match; nullopt: keys do not help, so any row may match.
  // `readable` is set to false when the index is damaged: see its error().
  std::optional<RowIds> candidates(IndexReader& index, bool& readable) const;

 private:
  FilterCondition condition_;
  std::uint16_t link_type_;
  std::vector<char> scratch_;
};

// What is known about a header field in the packets that ends[from] of the row sends.
KnownBits known_bits(const IndexRow& row, std::size_t from, const HeaderBits& bits) noexcept;

}  // namespace capstan
