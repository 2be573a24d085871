#include "engine/reader/timestamp_scale.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace capstan {

namespace {

__extension__ using Wide = __int128;

constexpr std::uint8_t kPowerOfTwoBit = 0x80;
constexpr unsigned kNanosecondExponent = 9;
constexpr unsigned kMaxExponent = 19;  // 10^19 is the largest power of ten in 64 bits

std::uint64_t power_of_ten(unsigned exponent) noexcept {
  std::uint64_t power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace

TimestampScale::TimestampScale(std::uint8_t resolution, std::int64_t offset_s) noexcept
    : offset_s_(offset_s), resolution_(resolution) {
  const unsigned exponent = resolution & 0x7FU;
  if ((resolution & kPowerOfTwoBit) != 0) {
    multiply_ = kNanosecondsPerSecond;
    shift_ = static_cast<std::uint8_t>(exponent);
  } else if (exponent <= kNanosecondExponent) {
    multiply_ = power_of_ten(kNanosecondExponent - exponent);
  } else {
    const unsigned surplus = exponent - kNanosecondExponent;
    divide_ = surplus > kMaxExponent ? 0 : power_of_ten(surplus);
  }
  const bool is_plain = divide_ == 1 && shift_ == 0 && offset_s_ == 0;
  plain_limit_ = is_plain ? ~std::uint64_t{0} / multiply_ : 0;
}

std::uint64_t TimestampScale::scale(std::uint64_t ticks) const noexcept {
  // At most 2^64 * 10^9, and 2^63 * 10^9 for the offset: far below 2^127.
  Wide value = divide_ == 0 ? 0 : static_cast<Wide>(ticks) * multiply_ / divide_;
  value >>= shift_;
  value += static_cast<Wide>(offset_s_) * static_cast<Wide>(kNanosecondsPerSecond);
  constexpr Wide kLargest = ~std::uint64_t{0};
  return static_cast<std::uint64_t>(std::clamp<Wide>(value, 0, kLargest));
}

}  // namespace capstan
