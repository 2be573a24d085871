// RecordingWriter's room on the disk: taken ahead of the packets, with a rest that is never theirs,
// so that a recording that ends on a full disk can still say what it lost.
#include <algorithm>
#include <cerrno>

#include "engine/core/clock.h"
#include "writers/recording/recording_writer.h"

namespace capstan {

namespace {

// What a ring's closing ledger takes, amply; the rest is for a padded tail, late events and the
// file's close.
constexpr std::uint64_t kReservePerRing = 256;
constexpr std::uint64_t kReserveBytes = 20U << 10;

// A matter of room, that may be there later or in a smaller piece.
bool is_full(int error) noexcept { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

std::uint64_t RecordingWriter::reserve_bytes() const noexcept {
  return kReserveBytes + kReservePerRing * options_.blocks_per_ring.size();
}

// A block waits for its turn among those of other rings: at most its own size will be written of
// it.
void RecordingWriter::note_waiting(const SealedBlock& block) noexcept {
  waiting_bytes_ += block.size_bytes;
}

// The first packet of a block goes out. When the next block of its ring begins all of it has.
void RecordingWriter::note_begun(std::size_t ring, std::uint32_t block_bytes) noexcept {
  waiting_bytes_ -= std::min<std::uint64_t>(waiting_bytes_, begun_bytes_[ring]);
  begun_bytes_[ring] = block_bytes;
}

void RecordingWriter::take_space() noexcept {
  if (!space_.works() || space_error_ != 0 || queue_->error() != 0 || deleted_) return;
  const std::uint64_t now = monotonic_clock_ns();
  if (const auto answer = queue_->take_space_answer()) {
    if (answer->error == 0) {
      space_.granted(answer->end);
    } else {
      space_.refused(answer->error, is_full(answer->error));
      if (space_.exhausted()) next_space_ns_ = now + options_.patience.retry_interval_ns;
    }
  }
  const std::uint64_t needed = needed_end(largest_block_);
  const bool full = space_.exhausted() && !space_.has(needed);
  const bool waits = full && options_.patience.patient;
  space_trouble_ = waits ? space_.refusal() : 0;
  refusing_ = full && (!waits || patience_is_over(now));
  // Beyond where the file ends or turns nothing is taken but what is needed.
  const std::uint64_t limit = std::max(options_.size_limit_bytes, options_.rotation.size_bytes);
  const std::uint64_t amply = limit + largest_block_ + kBetweenBytes + reserve_bytes();
  if (limit != 0 && space_.end() >= amply && needed + reserve_bytes() <= space_.end()) return;
  if (!queue_->preallocating() && space_.wants(needed) && now >= next_space_ns_) {
    queue_->preallocate(space_.end(), space_.next_chunk(needed, file_.free_bytes()));
  }
}

// The recording is to end, and the disk has had its time to get well.
bool RecordingWriter::patience_is_over(std::uint64_t now_ns) noexcept {
  const Patience& patience = options_.patience;
  if (patience.ending == nullptr || !patience.ending->load(std::memory_order_relaxed)) return false;
  if (ending_since_ns_ == 0) ending_since_ns_ = now_ns;
  return now_ns - ending_since_ns_ >= patience.grace_ns;
}

}  // namespace capstan
