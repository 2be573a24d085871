// SpaceAhead: how much disk space a file takes ahead of its written end, and whether there is space
// for more packets with enough left behind them for the closing ledger. Pure: no system calls.
//
// Used by recording_writer.cc through FileRoom, which passes the requests to the disk
// (WriteQueue::preallocate). On a disk with much free space a chunk is requested half a chunk
// before it is needed, so that no write ever waits. On a small or nearly full disk never more than
// a share of the free space is taken, because other programs need space too.
#pragma once

#include <cstdint>

namespace capstan {

class SpaceAhead {
 public:
  // `chunk_bytes`: size of one request where there is enough space; 0: nothing is taken ahead or
  // reserved. `reserve_bytes`: kept behind everything else for the blocks that close the file.
  SpaceAhead(std::uint64_t chunk_bytes, std::uint64_t reserve_bytes) noexcept
      : chunk_bytes_(chunk_bytes), reserve_bytes_(reserve_bytes) {}

  // Begins a new file, which already owns the bytes up to `end`. `works`: the file system supports
  // preallocation.
  void start_file(bool works, std::uint64_t end) noexcept;

  bool works() const noexcept { return works_; }
  // One past the last byte that belongs to the file.
  std::uint64_t end() const noexcept { return end_; }

  // Whether bytes up to `end` may be written. Always true where space cannot be preallocated, or
  // where free space is so large that it need not be counted.
  bool has(std::uint64_t end) const noexcept {
    return !works_ || !scarce_ || end + reserve_bytes_ <= end_;
  }
  // Whether more space should be requested when bytes up to `needed` are to be written next.
  bool wants(std::uint64_t needed) const noexcept {
    return works_ && chunk_bytes_ != 0 && needed + reserve_bytes_ + last_chunk_ / 2 > end_;
  }
  // Returns how many bytes to request, from end() on, when `free_bytes` are free on the disk. Never
  // less than `needed` requires: if that is too much, the disk refuses it. `last`: space will not
  // be waited for, so when even that was refused what is left is taken, in ever smaller pieces.
  std::uint64_t next_chunk(std::uint64_t needed, std::uint64_t free_bytes, bool last) noexcept;

  void granted(std::uint64_t end) noexcept;
  // The last request failed. `may_pass`: for lack of space, so that it can be repeated. Otherwise
  // the file system cannot preallocate at all.
  void refused(int error, bool may_pass) noexcept;
  // The errno value of the last request if it was refused; else 0.
  int refusal() const noexcept { return refusal_; }
  // Whether the disk refused even the space that is needed next, and nothing smaller is asked for.
  bool exhausted() const noexcept { return exhausted_; }
  // Whether what is left is being taken: the next piece should be requested at once.
  bool takes_the_rest() const noexcept { return piece_ != 0; }

  // At most this part (1/kShare) of the free space is taken with one request.
  static constexpr std::uint64_t kShare = 8;

 private:
  static constexpr std::uint64_t kUnitBytes = 4096;

  void halve_piece() noexcept;

  std::uint64_t chunk_bytes_;
  std::uint64_t reserve_bytes_;
  std::uint64_t end_ = 0;
  std::uint64_t last_chunk_ = 0;
  bool works_ = false;
  bool scarce_ = true;
  int refusal_ = 0;
  bool asked_least_ = false;
  bool last_ = false;
  std::uint64_t piece_ = 0;  // of what is left, to be requested next
  bool exhausted_ = false;
};

}  // namespace capstan
