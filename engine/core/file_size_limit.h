// The largest size that a file of this process may have.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <limits>

namespace capstan {

inline constexpr std::uint64_t kNoFileSizeLimit = std::numeric_limits<std::uint64_t>::max();

// Bytes; kNoFileSizeLimit: not limited. Beyond it a write fails with EFBIG, and with a signal
// unless SIGXFSZ is ignored (setrlimit(2), RLIMIT_FSIZE). Any thread.
inline std::uint64_t file_size_limit() noexcept {
  rlimit limit{};
  const bool limited = ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return limited ? limit.rlim_cur : kNoFileSizeLimit;
}

}  // namespace capstan
