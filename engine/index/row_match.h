// RowMatch: whether a conversation of an index can hold a packet that a filter accepts, and which
// keys to look such conversations up by.
//
// Between engine/filter/filter_condition.h, which knows header fields, and index_reader.h, which
// knows rows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/filter/filter_condition.h"
#include "engine/index/index_reader.h"

namespace capstan {

// One filter for packets of one link type. One thread: it keeps scratch memory.
class RowMatch {
 public:
  // Borrows nothing. `link_type`: of the program the condition was made of.
  RowMatch(FilterCondition condition, std::uint16_t link_type)
      : condition_(std::move(condition)), link_type_(link_type) {}

  std::uint16_t link_type() const noexcept { return link_type_; }
  // Nothing is ruled out: looking at rows is of no use.
  bool always() const noexcept { return condition_.kind() == FilterCondition::Kind::kAlways; }

  // False only when no packet of the row can be accepted, in either direction. A row of another
  // link type may always match.
  bool may_match(const IndexRow& row);

  // The rows that may match are among these; nullopt: among all, keys do not help. False in
  // `readable`: the index is damaged, see its error().
  std::optional<RowIds> candidates(IndexReader& index, bool& readable) const;

 private:
  FilterCondition condition_;
  std::uint16_t link_type_;
  std::vector<char> scratch_;
};

// What of a header field is known of the packets that ends[from] of the row sends.
KnownBits known_bits(const IndexRow& row, std::size_t from, const HeaderBits& bits) noexcept;

}  // namespace capstan
