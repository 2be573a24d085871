// Which numbers of one stream were seen: missing, duplicate, reordered.
//
// Memory: one bit per number, in pieces of 65536 numbers, and none for a complete piece. A
// recording without loss takes 8 KiB however long it is; one with loss everywhere takes 125 MB per
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

  // `piece_limit` limits the memory: the number of pieces of 8 KiB that may have gaps.
  explicit SequenceTracker(std::size_t piece_limit = 262144) : piece_limit_(piece_limit) {}

  // Notes one number. kTooFar: it belongs to a new piece and the limit is reached; it is not noted.
  Outcome add(std::uint64_t sequence);

  // To be called when a new file begins: order is checked within a file.
  void start_file() noexcept { highest_in_file_.reset(); }

  // Returns the number nearest to the highest one seen whose low 32 bits are `low`.
  std::uint64_t widen(std::uint32_t low) const noexcept;

  std::uint64_t unique() const noexcept { return unique_; }
  std::uint64_t duplicates() const noexcept { return duplicates_; }
  // New numbers lower than one seen before in the same file (RFC 4737 section 3).
  std::uint64_t reordered() const noexcept { return reordered_; }
  std::uint64_t too_far() const noexcept { return too_far_; }
  bool is_empty() const noexcept { return unique_ == 0; }
  std::uint64_t lowest() const noexcept { return lowest_; }    // Requires: not empty
  std::uint64_t highest() const noexcept { return highest_; }  // Requires: not empty

  // How many numbers of [first, last] were seen.
  std::uint64_t seen_within(SequenceRange range) const;

  // Calls `visit` for each gap in [range.first, range.last], in order and joined as far as
  // possible. `visit` returns false to stop.
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
  Piece* last_piece_ = nullptr;  // of the previous number; usually also that of the next
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
