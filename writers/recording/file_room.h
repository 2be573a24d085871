// FileRoom: a recording's room on the disk: taken ahead of the packets, with a rest that is never
// theirs, so that a recording that ends on a full disk can still say what it lost.
//
// space_ahead.h decides how much; this asks for it, waits where the recording may, and knows when
// no further block can be taken.
#pragma once

#include <cstdint>

#include "writers/file/output_file.h"
#include "writers/file/space_ahead.h"
#include "writers/io/write_queue.h"

namespace capstan {

// The writer's thread.
class FileRoom {
 public:
  // Padding to an alignment on either side of a block, and a few events.
  static constexpr std::uint64_t kBetweenBytes = 12U << 10;
  // Kept back for what closes a file of so many rings.
  static std::uint64_t reserve_bytes(std::size_t rings) noexcept;

  // `preallocate_bytes`: see SpaceAhead. `limit_bytes`: where a file ends or turns, 0: nowhere.
  FileRoom(std::uint64_t preallocate_bytes, std::size_t rings, std::uint64_t limit_bytes) noexcept;

  void be_patient(const Patience& patience) noexcept { patience_ = patience; }
  void start_file(const OutputFile& file) noexcept;
  // Blocks are as large as this; where one was larger, that.
  void note_block(std::uint64_t bytes) noexcept;
  std::uint64_t largest_block() const noexcept { return largest_block_; }

  // Whether a further block may come, after which the file would end at `end`: there is room, or
  // there never will be and it is refused.
  bool takes(std::uint64_t end) const noexcept { return refusing_ || space_.has(end); }
  // Such a block comes: without room for it the recording ends with error().
  void take(std::uint64_t end) noexcept {
    if (refusing_ && !space_.has(end)) error_ = space_.refusal();
  }

  // The errno value for which a block had to be refused, and for which room is waited for. 0: none.
  int error() const noexcept { return error_; }
  int trouble() const noexcept { return trouble_; }
  // Taken of the disk and not written yet, when the file is written up to `position`.
  std::uint64_t ahead_of(std::uint64_t position) const noexcept {
    return space_.end() > position ? space_.end() - position : 0;
  }

  // Asks for more when the next block, up to `needed`, wants it. Several times a second.
  void look(WriteQueue& queue, const OutputFile& file, std::uint64_t needed) noexcept;

 private:
  bool patience_is_over(std::uint64_t now_ns) noexcept;

  SpaceAhead space_;
  std::uint64_t reserve_bytes_;
  std::uint64_t limit_bytes_;
  Patience patience_;
  std::uint64_t largest_block_ = 0;
  bool refusing_ = false;  // there is no room for a further block, and none is waited for
  int error_ = 0;
  int trouble_ = 0;
  std::uint64_t next_request_ns_ = 0;
  std::uint64_t ending_since_ns_ = 0;
};

}  // namespace capstan
