// FileRoom: disk space for the file being written: allocated ahead of the packets, with a reserve
// that packets never use, so that a recording that ends on a full disk can still write what it
// lost.
//
// space_ahead.h decides how much; this class requests the space, waits where the recording may
// wait, and knows when no further block can be taken.
#pragma once

#include <cstdint>

#include "writers/file/output_file.h"
#include "writers/file/space_ahead.h"
#include "writers/io/write_queue.h"

namespace capstan {

// For the writer's thread.
class FileRoom {
 public:
  // Padding to an alignment before and after a block, and a few events, bytes.
  static constexpr std::uint64_t kBetweenBytes = 12U << 10;
  // Bytes reserved for the blocks that close a file of so many rings.
  static std::uint64_t reserve_bytes(std::size_t rings) noexcept;

  // `preallocate_bytes`: see SpaceAhead. `limit_bytes`: size at which a file ends or the next
  // begins; 0: none.
  FileRoom(std::uint64_t preallocate_bytes, std::size_t rings, std::uint64_t limit_bytes) noexcept;

  void be_patient(const Patience& patience) noexcept { patience_ = patience; }
  void start_file(const OutputFile& file) noexcept;
  // Notes the size of a block; largest_block() is the largest so far.
  void note_block(std::uint64_t bytes) noexcept;
  std::uint64_t largest_block() const noexcept { return largest_block_; }

  // Whether a further block may be taken, after which the file would end at `end`: there is space
  // for it, or there never will be and the block is refused.
  bool takes(std::uint64_t end) const noexcept { return refusing_ || space_.has(end); }
  // Whether there is space for a further block, after which the file would end at `end`.
  bool has(std::uint64_t end) const noexcept { return space_.has(end); }
  // Notes that a block is taken: without space for it the recording ends with error().
  void take(std::uint64_t end) noexcept {
    if (refusing_ && !space_.has(end)) error_ = space_.refusal();
  }

  // error(): the errno value for which a block was refused; trouble(): the one for which space is
  // waited for. 0: none.
  int error() const noexcept { return error_; }
  int trouble() const noexcept { return trouble_; }
  // Bytes allocated and not written yet, when the file is written up to `position`.
  std::uint64_t ahead_of(std::uint64_t position) const noexcept {
    return space_.end() > position ? space_.end() - position : 0;
  }

  // Requests more space when the next block, which would end at `needed`, requires it. To be called
  // several times a second.
  void look(WriteQueue& queue, const OutputFile& file, std::uint64_t needed) noexcept;

 private:
  bool ending() const noexcept {
    return patience_.ending != nullptr && patience_.ending->load(std::memory_order_relaxed);
  }
  bool patience_is_over(std::uint64_t now_ns) noexcept;

  SpaceAhead space_;
  std::uint64_t reserve_bytes_;
  std::uint64_t limit_bytes_;
  Patience patience_;
  std::uint64_t largest_block_ = 0;
  bool refusing_ = false;  // there is no space for a further block, and it is not waited for
  int error_ = 0;
  int trouble_ = 0;
  std::uint64_t next_request_ns_ = 0;
  std::uint64_t ending_since_ns_ = 0;
};

}  // namespace capstan
