// SpaceAhead: how much of the disk a file being written takes in front of its end, and whether
// there is room for more packets with the closing ledger's room still left behind them. Pure.
//
// Asked by recording_writer.cc, which has the disk asked (WriteQueue::preallocate). On a disk with
// much room a chunk is taken half a chunk before it is needed, so that no write ever waits. On a
// small or nearly full one never more than a share of what is free: other programs live there too.
#pragma once

#include <cstdint>

namespace capstan {

class SpaceAhead {
 public:
  // `chunk_bytes`: taken at a time where there is room; 0: nothing is taken ahead, and nothing kept
  // back. `reserve_bytes`: kept back behind everything else for what closes the file.
  SpaceAhead(std::uint64_t chunk_bytes, std::uint64_t reserve_bytes) noexcept
      : chunk_bytes_(chunk_bytes), reserve_bytes_(reserve_bytes) {}

  // Another file, of which so much is its own from the start. `works`: the file system can be
  // asked.
  void start_file(bool works, std::uint64_t end) noexcept;

  bool works() const noexcept { return works_; }
  // One past the last byte that is the file's own.
  std::uint64_t end() const noexcept { return end_; }

  // Whether bytes up to `end` may be written. Always true where space cannot be taken, or where
  // there is so much that it need not be counted.
  bool has(std::uint64_t end) const noexcept {
    return !works_ || !scarce_ || end + reserve_bytes_ <= end_;
  }
  // Whether more should be asked for, when bytes up to `needed` are to be written next.
  bool wants(std::uint64_t needed) const noexcept {
    return works_ && chunk_bytes_ != 0 && needed + reserve_bytes_ + last_chunk_ / 2 > end_;
  }
  // How much to ask for, from end() on, with so much free on the disk. Never less than what
  // `needed` takes: the disk says no itself.
  std::uint64_t next_chunk(std::uint64_t needed, std::uint64_t free_bytes) noexcept;

  void granted(std::uint64_t end) noexcept;
  // `may_pass`: it is a matter of room, and worth asking again. Otherwise the file system cannot.
  void refused(int error, bool may_pass) noexcept;
  // Why the last request was refused; 0 when it was not.
  int refusal() const noexcept { return refusal_; }
  // Not even what is needed next was to be had.
  bool exhausted() const noexcept { return exhausted_; }

  // The share of the free space that is taken at once at most.
  static constexpr std::uint64_t kShare = 8;

 private:
  static constexpr std::uint64_t kUnitBytes = 4096;

  std::uint64_t chunk_bytes_;
  std::uint64_t reserve_bytes_;
  std::uint64_t end_ = 0;
  std::uint64_t last_chunk_ = 0;
  bool works_ = false;
  bool scarce_ = true;
  int refusal_ = 0;
  bool asked_least_ = false;
  bool exhausted_ = false;
};

}  // namespace capstan
