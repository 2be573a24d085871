#include "tools/common/memory_note.h"

#include <fmt/format.h>

#include "tools/common/units.h"

namespace capstan::tools {

std::string memory_note(std::uint64_t ring_bytes, std::size_t rings, std::uint64_t available_bytes,
                        const char* number_counts) {
  const std::uint64_t all = ring_bytes * rings;
  if (available_bytes == 0 || all <= available_bytes / 4) return {};
  return fmt::format(
      "{} ring{} of {} {} {} of the {} of memory that can be had, which takes a while to get (-B "
      "counts {}; 64M and 1G are understood)",
      rings, rings == 1 ? "" : "s", human_bytes(ring_bytes), rings == 1 ? "takes" : "take",
      human_bytes(all), human_bytes(available_bytes), number_counts);
}

}  // namespace capstan::tools
