// BackOff: how long to wait before the next attempt: twice as long each time up to a bound, and at
// random by half, so that a hundred sensors do not come back to a server in the same moment.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "engine/core/clock.h"

namespace capstan::tools {

class BackOff {
 public:
  static constexpr std::uint64_t kFirstNs = kNanosecondsPerSecond / 10;
  static constexpr std::uint64_t kLongestNs = 60 * kNanosecondsPerSecond;

  explicit BackOff(std::uint64_t seed) : random_(seed) {}

  // From half of the present step to all of it.
  std::uint64_t next_ns() {
    const std::uint64_t step = step_ns_;
    step_ns_ = std::min(step_ns_ * 2, kLongestNs);
    return step / 2 + random_() % (step / 2 + 1);
  }
  // Something worked.
  void reset() noexcept { step_ns_ = kFirstNs; }

 private:
  std::mt19937_64 random_;
  std::uint64_t step_ns_ = kFirstNs;
};

}  // namespace capstan::tools
