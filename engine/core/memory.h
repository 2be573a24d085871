// How much memory there is to be had.
#pragma once

#include <cstdint>

namespace capstan {

// MemAvailable of /proc/meminfo: what can be taken without swapping, in bytes. 0 when unknown.
std::uint64_t available_memory_bytes() noexcept;

}  // namespace capstan
