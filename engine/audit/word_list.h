// WordList: a protocol's words, found without regard to case.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "engine/audit/text.h"

namespace capstan::audit {

// Built at compile time, from words of at most 31 letters. The first bytes of every conversation
// are compared with it, so a word whose length or first letter occurs in no entry is rejected at
// once.
template <std::size_t kCount>
class WordList {
 public:
  template <std::size_t... kSizes>
  explicit consteval WordList(const char (&... words)[kSizes]) noexcept
      : words_{std::string_view(words, kSizes - 1)...} {
    for (const std::string_view word : words_) {
      lengths_ |= length_bit(word);
      letters_ |= letter_bit(word);
    }
  }

  constexpr bool has(std::string_view word) const noexcept {
    if (word.empty() || word.size() > 31) return false;
    if ((lengths_ & length_bit(word)) == 0 || (letters_ & letter_bit(word)) == 0) return false;
    return std::any_of(words_.begin(), words_.end(),
                       [word](std::string_view known) { return equals_nocase(known, word); });
  }

 private:
  static constexpr std::uint32_t length_bit(std::string_view word) noexcept {
    return std::uint32_t{1} << word.size();
  }
  static constexpr std::uint32_t letter_bit(std::string_view word) noexcept {
    return std::uint32_t{1} << (static_cast<unsigned char>(word.front()) & 31U);  // case-blind
  }

  std::array<std::string_view, kCount> words_;
  std::uint32_t lengths_ = 0;
  std::uint32_t letters_ = 0;
};
template <std::size_t... kSizes>
WordList(const char (&... words)[kSizes]) -> WordList<sizeof...(kSizes)>;

}  // namespace capstan::audit
