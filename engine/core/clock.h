// The two clocks used: wall-clock time for what is stored, monotonic time for what is measured.
#pragma once

#include <time.h>

#include <cstdint>

namespace capstan {

inline constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
inline constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

inline std::uint64_t clock_ns(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNanosecondsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

// Nanoseconds since 1970-01-01 UTC, the time base of packet timestamps.
inline std::uint64_t wall_clock_ns() noexcept { return clock_ns(CLOCK_REALTIME); }

// Nanoseconds of the monotonic clock, which nobody can set. For durations and deadlines.
inline std::uint64_t monotonic_clock_ns() noexcept { return clock_ns(CLOCK_MONOTONIC); }

// Sleeps for at least `duration_ns`; a signal may end the sleep early.
inline void sleep_ns(std::uint64_t duration_ns) noexcept {
  timespec duration{};
  duration.tv_sec = static_cast<time_t>(duration_ns / kNanosecondsPerSecond);
  duration.tv_nsec = static_cast<long>(duration_ns % kNanosecondsPerSecond);
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
}

}  // namespace capstan
