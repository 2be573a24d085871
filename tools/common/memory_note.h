// A warning about the memory that rings will take. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace capstan::tools {

// A sentence if the rings would take more than a quarter of the available memory; else empty.
// `available_bytes`: 0 when not known. `number_counts`: what a number without a unit means to the
// command's -B, "MiB here, KiB in tcpdump".
std::string memory_note(std::uint64_t ring_bytes, std::size_t rings, std::uint64_t available_bytes,
                        const char* number_counts = "MiB here, KiB in tcpdump");

}  // namespace capstan::tools
