// InternTable: gives equal values the same number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/index/key_hash.h"

namespace capstan {

// Numbers start at 0 and are given in order of first appearance, up to a limit. Value must have
// operator== and hash_of(value, seed). One thread; allocates as it grows.
template <typename Value>
class InternTable {
 public:
  explicit InternTable(std::uint32_t limit) : limit_(limit), slots_(64, kEmpty) {}

  // nullopt: the value is new and the limit is reached.
  std::optional<std::uint32_t> find_or_add(const Value& value) {
    std::size_t at = hash_of(value, seed_) & (slots_.size() - 1);
    while (slots_[at] != kEmpty) {
      if (values_[slots_[at]] == value) return slots_[at];
      at = (at + 1) & (slots_.size() - 1);
    }
    if (values_.size() >= limit_) return std::nullopt;
    const auto id = static_cast<std::uint32_t>(values_.size());
    values_.push_back(value);
    slots_[at] = id;
    if (values_.size() * 2 > slots_.size()) grow();
    return id;
  }

  const std::vector<Value>& values() const noexcept { return values_; }

 private:
  static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};

  void grow() {
    std::vector<std::uint32_t> larger(slots_.size() * 2, kEmpty);
    for (std::uint32_t id = 0; id < values_.size(); ++id) {
      std::size_t at = hash_of(values_[id], seed_) & (larger.size() - 1);
      while (larger[at] != kEmpty) at = (at + 1) & (larger.size() - 1);
      larger[at] = id;
    }
    slots_.swap(larger);
  }

  std::uint32_t limit_;
  HashSeed seed_ = HashSeed::random();
  std::vector<Value> values_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace capstan
