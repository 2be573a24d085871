// The clock for durations that a change of the wall clock must neither shorten nor lengthen: how
// old a file is, when a recording starts a new file or ends, how long packets have waited, whether
// the wall clock was set.
#pragma once

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

#include "engine/core/clock.h"

namespace capstan {

// Nanoseconds since the machine started, including the time it was suspended (CLOCK_BOOTTIME,
// clock_gettime(2)). Nobody can set this clock. Calls the kernel directly, because a library that
// replaces the C library's clock functions (libfaketime) would shift the result. This is a system
// call: do not use it once per packet.
inline std::uint64_t boot_clock_ns() noexcept {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNanosecondsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace capstan
