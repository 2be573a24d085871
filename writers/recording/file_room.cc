#include "writers/recording/file_room.h"

#include <algorithm>
#include <cerrno>

#include "engine/core/clock.h"

namespace capstan {

namespace {

// What a ring's closing ledger takes, amply; the rest is for a padded tail, late events and the
// file's close.
constexpr std::uint64_t kReservePerRing = 256;
constexpr std::uint64_t kReserveBytes = 20U << 10;

// A matter of room, that may be there later or in a smaller piece.
bool is_full(int error) noexcept { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

std::uint64_t FileRoom::reserve_bytes(std::size_t rings) noexcept {
  return kReserveBytes + kReservePerRing * rings;
}

FileRoom::FileRoom(std::uint64_t preallocate_bytes, std::size_t rings,
                   std::uint64_t limit_bytes) noexcept
    : space_(preallocate_bytes, reserve_bytes(rings)),
      reserve_bytes_(reserve_bytes(rings)),
      limit_bytes_(limit_bytes) {}

void FileRoom::start_file(const OutputFile& file) noexcept {
  space_.start_file(file.can_preallocate(), file.preallocated_bytes());
  trouble_ = 0;
}

void FileRoom::note_block(std::uint64_t bytes) noexcept {
  largest_block_ = std::max(largest_block_, bytes);
}

void FileRoom::look(WriteQueue& queue, const OutputFile& file, std::uint64_t needed) noexcept {
  if (!space_.works() || error_ != 0 || queue.error() != 0) return;
  const std::uint64_t now = monotonic_clock_ns();
  if (const auto answer = queue.take_space_answer()) {
    if (answer->error == 0) {
      space_.granted(answer->end);
    } else {
      space_.refused(answer->error, is_full(answer->error));
    }
    const bool at_once = !space_.exhausted() || space_.takes_the_rest();
    next_request_ns_ = at_once ? now : now + patience_.retry_interval_ns;
  }
  const bool full = space_.exhausted() && !space_.has(needed);
  // A file that may grow no further (EFBIG) is not helped by time.
  const bool waits = full && patience_.patient && may_pass(space_.refusal());
  trouble_ = waits ? space_.refusal() : 0;
  refusing_ = full && (!waits || patience_is_over(now));
  // Beyond where the file ends or turns nothing is taken but what is needed.
  const std::uint64_t amply = limit_bytes_ + largest_block_ + kBetweenBytes + reserve_bytes_;
  if (limit_bytes_ != 0 && space_.end() >= amply && needed + reserve_bytes_ <= space_.end()) return;
  if (!queue.preallocating() && space_.wants(needed) && now >= next_request_ns_) {
    const bool last = !patience_.patient || ending();
    queue.preallocate(space_.end(),
                      space_.next_chunk(needed, file.room_behind(space_.end()), last));
  }
}

// The recording is to end, and the disk has had its time to get well.
bool FileRoom::patience_is_over(std::uint64_t now_ns) noexcept {
  if (!ending()) return false;
  if (ending_since_ns_ == 0) ending_since_ns_ = now_ns;
  return now_ns - ending_since_ns_ >= patience_.grace_ns;
}

}  // namespace capstan
