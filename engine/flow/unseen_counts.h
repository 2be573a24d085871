// Counts by name what a decoder met but did not follow, so that nobody takes missing results for
// "nothing there".
//
// The decoder (transport.h) names it in an Unseen; the auditor sums it up; the tools print it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace capstan {

// One kind of data that was not followed. `what` is a string literal that can begin a sentence:
// "link type NFLOG", "GRE protocol", "damaged packet"; where it has a number, this completes it.
struct Unseen {
  static constexpr std::uint32_t kNoNumber = ~std::uint32_t{0};

  const char* what = nullptr;  // null: nothing was left out
  std::uint32_t number = kNoNumber;

  explicit operator bool() const noexcept { return what != nullptr; }
  // "GRE protocol 0x88be", "link type 239", "damaged packet".
  std::string name() const {
    std::string text(what);
    if (number == kNoNumber) return text;
    if (text.ends_with("ethertype") || text.ends_with("protocol")) {
      constexpr char kDigits[] = "0123456789abcdef";
      text += " 0x";
      for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[(number >> shift) & 15U];
      return text;
    }
    text += ' ';
    text += std::to_string(number);
    return text;
  }
};

// One thread. Bounded: kinds for which there is no entry left are added up under "others".
class UnseenCounts {
 public:
  struct Entry {
    Unseen unseen;
    std::uint64_t packets = 0;
  };
  static constexpr std::size_t kMaxEntries = 64;

  void add(Unseen unseen, std::uint64_t packets = 1) noexcept {
    if (!unseen) return;
    total_ += packets;
    for (Entry& entry : std::span(entries_).first(count_)) {
      if (entry.unseen.number != unseen.number) continue;
      if (entry.unseen.what != unseen.what && std::string_view(entry.unseen.what) != unseen.what) {
        continue;
      }
      entry.packets += packets;
      return;
    }
    if (count_ + 1 == kMaxEntries) {
      unseen = {"others"};
      if (entries_[count_].packets != 0) {
        entries_[count_].packets += packets;
        return;
      }
      entries_[count_] = {unseen, packets};
      return;
    }
    entries_[count_++] = {unseen, packets};
  }

  std::uint64_t total() const noexcept { return total_; }
  std::span<const Entry> entries() const noexcept {
    const bool others = count_ + 1 == kMaxEntries && entries_[count_].packets != 0;
    return std::span(entries_).first(count_ + (others ? 1 : 0));
  }

 private:
  std::array<Entry, kMaxEntries> entries_{};
  std::size_t count_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace capstan
