// Which numbers of one stream have been seen: missing, doubled, reordered.
//
// Memory: one bit a number, in pieces of 65536 numbers, and nothing for a piece that is complete. A
// recording without loss takes 8 KiB however long it is, one with loss everywhere 125 MB per
// thousand million packets.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace capstan::traffic {

struct SequenceRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // included
  std::uint64_t size() const noexcept { return last - first + 1; }
  bool operator==(const SequenceRange&) const = default;
};

class SequenceTracker {
 public:
  enum class Outcome { kNew, kDuplicate, kTooFar };

  // `piece_limit` bounds the memory: so many pieces of 8 KiB with gaps in them.
  explicit SequenceTracker(std::size_t piece_limit = 262144) : piece_limit_(piece_limit) {}

  // Notes one number. kTooFar: it lies in a new piece and there is no room for more; not noted.
  Outcome add(std::uint64_t sequence);

  // A new file begins: order is judged within a file.
  void start_file() noexcept { highest_in_file_.reset(); }

  // The number nearest to the highest seen whose low 32 bits are `low`.
  std::uint64_t widen(std::uint32_t low) const noexcept;

  std::uint64_t unique() const noexcept { return unique_; }
  std::uint64_t duplicates() const noexcept { return duplicates_; }
  // New numbers lower than one seen before in the same file (RFC 4737 section 3).
  std::uint64_t reordered() const noexcept { return reordered_; }
  std::uint64_t too_far() const noexcept { return too_far_; }
  bool is_empty() const noexcept { return unique_ == 0; }
  std::uint64_t lowest() const noexcept { return lowest_; }    // Requires: not empty
  std::uint64_t highest() const noexcept { return highest_; }  // Requires: not empty

  // How many of [first, last] were seen.
  std::uint64_t seen_within(SequenceRange range) const;

  // Calls `visit` with each gap in [range.first, range.last], in order, longest possible pieces.
  // `visit` returns false to stop.
  void for_each_missing(SequenceRange range, const std::function<bool(SequenceRange)>& visit) const;

 private:
  static constexpr unsigned kPieceShift = 16;
  static constexpr std::uint64_t kPieceSize = 1U << kPieceShift;
  static constexpr std::size_t kWords = kPieceSize / 64;

  struct Piece {
    std::uint32_t seen = 0;
    std::unique_ptr<std::uint64_t[]> bits;  // empty when complete
  };

  Piece* find_or_make(std::uint64_t number);

  std::size_t piece_limit_;
  std::map<std::uint64_t, Piece> pieces_;  // by sequence >> kPieceShift
  std::size_t open_pieces_ = 0;
  Piece* last_piece_ = nullptr;  // of the number before: mostly the next one's too
  std::uint64_t last_piece_number_ = 0;
  std::uint64_t unique_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t reordered_ = 0;
  std::uint64_t too_far_ = 0;
  std::uint64_t lowest_ = 0;
  std::uint64_t highest_ = 0;
  std::optional<std::uint64_t> highest_in_file_;
};

}  // namespace capstan::traffic
