#include "writers/file/space_ahead.h"

#include <algorithm>

namespace capstan {

void SpaceAhead::start_file(bool works, std::uint64_t end) noexcept {
  works_ = works && chunk_bytes_ != 0;
  end_ = end;
  last_chunk_ = std::min(end, chunk_bytes_);
  scarce_ = end < chunk_bytes_;
  refusal_ = 0;
  exhausted_ = false;
  piece_ = 0;
}

std::uint64_t SpaceAhead::next_chunk(std::uint64_t needed, std::uint64_t free_bytes,
                                     bool last) noexcept {
  last_ = last;
  if (piece_ != 0) {
    last_chunk_ = piece_;
    return piece_;
  }
  const std::uint64_t share = std::min(chunk_bytes_, free_bytes / kShare);
  scarce_ = share < chunk_bytes_ || refusal_ != 0;
  const std::uint64_t wanted_end = needed + reserve_bytes_;
  const std::uint64_t least = wanted_end > end_ ? wanted_end - end_ : 0;
  const std::uint64_t chunk = std::max(refusal_ != 0 ? least : share, least);
  last_chunk_ = (chunk + kUnitBytes - 1) / kUnitBytes * kUnitBytes;
  asked_least_ = chunk == least;
  return last_chunk_;
}

void SpaceAhead::granted(std::uint64_t end) noexcept {
  end_ = std::max(end_, end);
  if (piece_ != 0) {
    halve_piece();
    return;
  }
  refusal_ = 0;
  exhausted_ = false;
}

// A piece that was granted is no reason to ask for as much again: twice as much was refused.
void SpaceAhead::halve_piece() noexcept {
  piece_ = last_ ? last_chunk_ / 2 / kUnitBytes * kUnitBytes : 0;
  exhausted_ = exhausted_ || piece_ == 0;
  last_chunk_ = 0;
}

void SpaceAhead::refused(int error, bool may_pass) noexcept {
  if (!may_pass) {
    works_ = false;
    return;
  }
  scarce_ = true;
  refusal_ = error;
  if (asked_least_) {
    halve_piece();
  } else {
    exhausted_ = false;
    last_chunk_ = 0;
  }
}

}  // namespace capstan
