#include "tools/traffic/pacing.h"

#include <algorithm>
#include <cmath>

namespace capstan::traffic {

std::uint64_t pace_cost(const PaceOptions& options, std::uint32_t frame_size) noexcept {
  constexpr double kUnitsPerSecond =
      static_cast<double>(kNanosecondsPerSecond) * static_cast<double>(1U << kPaceShift);
  double units = 0;
  if (options.packets_per_second > 0) {
    units = kUnitsPerSecond / options.packets_per_second;
  } else if (options.bits_per_second > 0) {
    units = kUnitsPerSecond * 8 * frame_size / options.bits_per_second;
  }
  // A rate so low that one frame takes longer than the clock can count: never mind which.
  return static_cast<std::uint64_t>(std::llround(std::min(units, 0x1p62)));
}

std::uint64_t Pacer::wait_ns(std::uint64_t now_ns) noexcept {
  if (options_.has_bursts()) {
    const std::uint64_t period = options_.burst_on_ns + options_.burst_off_ns;
    const std::uint64_t phase = now_ns % period;
    if (phase >= options_.burst_on_ns) return period - phase;
    // What was not sent while off is not made up for.
    due_ = std::max(due_, (now_ns - phase) << kPaceShift);
  }
  const std::uint64_t due_ns = due_ >> kPaceShift;
  return due_ns <= now_ns ? 0 : due_ns - now_ns;
}

}  // namespace capstan::traffic
