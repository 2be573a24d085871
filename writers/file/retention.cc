#include "writers/file/retention.h"

#include <algorithm>

namespace capstan {

std::size_t files_to_delete(const std::deque<KeptFile>& files, const RetentionLimits& limits,
                            const RetentionState& state) noexcept {
  std::uint64_t bytes = state.writing_bytes;
  for (const KeptFile& file : files) bytes += file.size_bytes;
  const std::uint64_t min_free =
      std::max(limits.min_free_bytes, state.total_bytes / 100 * limits.min_free_percent);
  // Of a ring of one file the finished one stays until the next is finished.
  const std::size_t most_files =
      std::max<std::size_t>(1, limits.files - (state.writing && limits.files != 0 ? 1U : 0U));
  std::uint64_t free_bytes = state.free_bytes;
  std::size_t count = 0;
  for (const KeptFile& file : files) {
    const bool too_many = limits.files != 0 && files.size() - count > most_files;
    const bool too_large = limits.bytes != 0 && bytes > limits.bytes;
    const bool too_full = free_bytes < min_free;
    const bool too_old = limits.age_ns != 0 && state.boot_ns - file.ended_boot_ns >
                                                   static_cast<std::int64_t>(limits.age_ns);
    if (!too_many && !too_large && !too_full && !too_old) break;
    bytes -= file.size_bytes;
    free_bytes += file.size_bytes;
    ++count;
  }
  return count;
}

}  // namespace capstan
