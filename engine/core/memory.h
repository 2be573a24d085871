// How much memory is available.
#pragma once

#include <cstdint>

namespace capstan {

// MemAvailable of /proc/meminfo, in bytes: what can be allocated without swapping. 0 when unknown.
std::uint64_t available_memory_bytes() noexcept;

}  // namespace capstan
