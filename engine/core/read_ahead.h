// ReadAhead: prefetching for walks from record to record through a mapping. Each record's length
// says where the next record is, so the processor cannot predict the addresses and would wait for
// memory at every record.
#pragma once

#include <cstddef>
#include <cstdint>

namespace capstan {

// Prefetches the cache lines ahead of the walk, each of them once. Prefetching past the end of the
// mapping is harmless: a prefetch never faults.
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
