// pread_all: reads a piece of a file until all of it is there.
#pragma once

#include <cstdint>
#include <span>

namespace capstan {

// Fills `to` with the bytes from `offset` on; an interrupted call is repeated. Returns 0, or the
// errno value of the call that failed: EIO if the file ends before. Any thread.
[[nodiscard]] int pread_all(int fd, std::span<std::uint8_t> to, std::uint64_t offset) noexcept;

}  // namespace capstan
