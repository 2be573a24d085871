// TimestampScale: converts an interface's timestamps to nanoseconds since 1970.
#pragma once

#include <cstdint>

namespace capstan {

// The values of if_tsresol and if_tsoffset (draft-ietf-opsawg-pcapng section 4.2). The default is
// that of the format: microseconds since 1970.
class TimestampScale {
 public:
  TimestampScale() noexcept : TimestampScale(6, 0) {}

  // `resolution`: the raw if_tsresol byte. Without the top bit, n means units of 10^-n s; with it,
  // 2^-n s.
  // `offset_s`: seconds to add to every timestamp.
  TimestampScale(std::uint8_t resolution, std::int64_t offset_s) noexcept;

  // Limited to the range from 0 to the largest 64-bit count (year 2554).
  std::uint64_t to_ns(std::uint64_t ticks) const noexcept {
    return ticks < plain_limit_ ? ticks * multiply_ : scale(ticks);
  }

  bool is_nanoseconds() const noexcept { return resolution_ == 9 && offset_s_ == 0; }
  std::uint8_t resolution() const noexcept { return resolution_; }
  std::int64_t offset_s() const noexcept { return offset_s_; }

 private:
  std::uint64_t scale(std::uint64_t ticks) const noexcept;

  std::uint64_t multiply_ = 1;
  std::uint64_t divide_ = 1;       // 0: the unit is finer than any 64-bit timestamp can represent
  std::uint64_t plain_limit_ = 0;  // below it, multiplication alone gives the result
  std::int64_t offset_s_ = 0;
  std::uint8_t shift_ = 0;
  std::uint8_t resolution_ = 6;
};

}  // namespace capstan
