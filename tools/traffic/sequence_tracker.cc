#include "tools/traffic/sequence_tracker.h"

#include <algorithm>
#include <bit>

namespace capstan::traffic {

SequenceTracker::Piece* SequenceTracker::find_or_make(std::uint64_t number) {
  if (last_piece_ != nullptr && last_piece_number_ == number) return last_piece_;
  auto found = pieces_.find(number);
  if (found == pieces_.end()) {
    if (open_pieces_ >= piece_limit_) return nullptr;
    found = pieces_.emplace(number, Piece{0, std::make_unique<std::uint64_t[]>(kWords)}).first;
    ++open_pieces_;
  }
  last_piece_ = &found->second;
  last_piece_number_ = number;
  return last_piece_;
}

SequenceTracker::Outcome SequenceTracker::add(std::uint64_t sequence) {
  Piece* const piece = find_or_make(sequence >> kPieceShift);
  if (piece == nullptr) {
    ++too_far_;
    return Outcome::kTooFar;
  }
  const std::uint64_t within = sequence & (kPieceSize - 1);
  const std::uint64_t bit = std::uint64_t{1} << (within % 64);
  if (piece->bits == nullptr || (piece->bits[within / 64] & bit) != 0) {
    ++duplicates_;
    return Outcome::kDuplicate;
  }
  piece->bits[within / 64] |= bit;
  if (++piece->seen == kPieceSize) {
    piece->bits.reset();
    --open_pieces_;
  }
  lowest_ = unique_ == 0 ? sequence : std::min(lowest_, sequence);
  highest_ = unique_ == 0 ? sequence : std::max(highest_, sequence);
  ++unique_;
  if (highest_in_file_ && sequence < *highest_in_file_) ++reordered_;
  highest_in_file_ = std::max(highest_in_file_.value_or(0), sequence);
  return Outcome::kNew;
}

std::uint64_t SequenceTracker::widen(std::uint32_t low) const noexcept {
  constexpr std::uint64_t kTurn = std::uint64_t{1} << 32;
  const std::uint64_t base = unique_ == 0 ? 0 : highest_;
  const std::uint64_t same = (base & ~(kTurn - 1)) | low;
  if (same > base && same - base > kTurn / 2 && same >= kTurn) return same - kTurn;
  if (same < base && base - same > kTurn / 2) return same + kTurn;
  return same;
}

std::uint64_t SequenceTracker::seen_within(SequenceRange range) const {
  std::uint64_t missing = 0;
  for_each_missing(range, [&missing](SequenceRange gap) {
    missing += gap.size();
    return true;
  });
  return range.size() - missing;
}

void SequenceTracker::for_each_missing(SequenceRange range,
                                       const std::function<bool(SequenceRange)>& visit) const {
  std::optional<SequenceRange> open;  // the gap that is growing
  bool wants_more = true;
  const auto add_gap = [&](std::uint64_t first, std::uint64_t last) {
    first = std::max(first, range.first);
    last = std::min(last, range.last);
    if (first > last || !wants_more) return;
    if (open && open->last + 1 == first) {
      open->last = last;
      return;
    }
    if (open) wants_more = visit(*open);
    open = SequenceRange{first, last};
  };

  std::uint64_t next = range.first;  // all below is dealt with
  bool is_covered = false;
  auto piece = pieces_.lower_bound(range.first >> kPieceShift);
  for (; piece != pieces_.end() && wants_more; ++piece) {
    const std::uint64_t base = piece->first << kPieceShift;
    if (base > range.last) break;
    if (base > next) add_gap(next, base - 1);
    for (std::size_t word = 0; piece->second.bits != nullptr && word < kWords; ++word) {
      const std::uint64_t word_base = base + word * 64;
      std::uint64_t absent = ~piece->second.bits[word];
      while (absent != 0) {
        const auto from = static_cast<unsigned>(std::countr_zero(absent));
        const auto length = static_cast<unsigned>(std::countr_one(absent >> from));
        add_gap(word_base + from, word_base + from + length - 1);
        absent = from + length >= 64 ? 0 : absent & (~std::uint64_t{0} << (from + length));
      }
    }
    if (base + kPieceSize - 1 >= range.last) {
      is_covered = true;
      break;
    }
    next = base + kPieceSize;
  }
  if (!is_covered) add_gap(next, range.last);
  if (open && wants_more) visit(*open);
}

}  // namespace capstan::traffic
