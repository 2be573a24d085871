#include "tools/watch/clock_watch.h"

#include <fmt/format.h>

#include <utility>

#include "engine/core/boot_clock.h"
#include "tools/common/units.h"

namespace capstan::tools {

std::optional<ClockReading> read_clocks() noexcept {
  constexpr std::uint64_t kTogetherNs = kNanosecondsPerMillisecond;
  const std::uint64_t before_ns = boot_clock_ns();
  const std::uint64_t wall_ns = wall_clock_ns();
  if (boot_clock_ns() - before_ns > kTogetherNs) return std::nullopt;
  return ClockReading{wall_ns, before_ns};
}

std::optional<ClockJump> ClockWatch::look(const std::optional<ClockReading>& reading) noexcept {
  if (!reading) return std::nullopt;
  const std::optional<ClockReading> before = std::exchange(last_, reading);
  if (!before) return std::nullopt;
  // Modulo 2^64, so that times past 2262 do no harm: a jump is less than 292 years.
  const auto by_ns = static_cast<std::int64_t>((reading->wall_ns - before->wall_ns) -
                                               (reading->boot_ns - before->boot_ns));
  const std::uint64_t size_ns = by_ns < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(by_ns)
                                          : static_cast<std::uint64_t>(by_ns);
  if (size_ns < kLeastNs) return std::nullopt;
  return ClockJump{by_ns > 0, size_ns, reading->wall_ns};
}

std::string clock_jump_text(const ClockJump& jump) {
  // Between the looks both clocks went on: the last digits of a large jump tell nothing.
  const std::uint64_t unit_ns = jump.by_ns >= 100 * kNanosecondsPerSecond
                                    ? kNanosecondsPerSecond
                                    : kNanosecondsPerMillisecond;
  const std::uint64_t by_ns = (jump.by_ns + unit_ns / 2) / unit_ns * unit_ns;
  return fmt::format(
      "the clock was set {} by {}, to {}: the packets' times follow it, the ages of files and what "
      "ends a recording do not",
      jump.forwards ? "forwards" : "back", human_duration(by_ns), local_time(jump.now_ns));
}

}  // namespace capstan::tools
