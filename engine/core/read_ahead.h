// ReadAhead: for walks from record to record through a mapping, where each length says where the
// next record lies: without it every record is a wait for memory that no processor can foresee.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capstan {

// Asks for the cache lines in front of the walk, each once. Prefetching past the mapping is
// harmless: it never faults.
class ReadAhead {
 public:
  void at(const std::uint8_t* place) noexcept {
    const auto from = reinterpret_cast<std::uintptr_t>(place);
    if (next_ < from || next_ > from + 2 * kAheadBytes) next_ = from;
    for (; next_ < from + kAheadBytes; next_ += kLineBytes) {
      __builtin_prefetch(reinterpret_cast<const void*>(next_));
    }
  }

 private:
  static constexpr std::size_t kLineBytes = 64;
  static constexpr std::size_t kAheadBytes = 4096;
  std::uintptr_t next_ = 0;
};

}  // namespace capstan
