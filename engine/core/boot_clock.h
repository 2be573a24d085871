// The clock for what must not be hurried or held up by anybody: how old a file is, when a recording
// turns or ends, how long packets have waited, whether the wall clock was set.
#pragma once

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

#include "engine/core/clock.h"

namespace capstan {

// Nanoseconds since the machine started, the time it slept included (CLOCK_BOOTTIME,
// clock_gettime(2)). Nobody can set it. Asked of the kernel itself: a library put in front of the C
// library's clocks (libfaketime) moves those. A system call, so not for each packet.
inline std::uint64_t boot_clock_ns() noexcept {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNanosecondsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace capstan
