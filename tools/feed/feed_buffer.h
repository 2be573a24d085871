// FeedBuffer: copies of the last blocks of a recording, shared by all clients. Its size limits what
// slow clients cost: the oldest blocks are overwritten, even if not all clients have received them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>

#include "engine/block/block_ref.h"
#include "engine/format/block_head.h"

namespace capstan::tools {

// One block, in the form that clients receive.
struct FeedPiece {
  std::uint64_t number = 0;  // from 0, without gaps
  std::size_t offset = 0;    // in the buffer
  std::size_t bytes = 0;
  std::uint32_t ring = 0;
  std::uint32_t packets = 0;
};

// One thread. Allocates in the constructor, and a little for each piece in the list.
class FeedBuffer {
 public:
  // `forget`: called for each piece just before its bytes are overwritten.
  FeedBuffer(std::size_t bytes, std::function<void(const FeedPiece&)> forget);

  // Copies a block. In the copy's head, the packets given to "this output" become all packets that
  // the ring kept, because the stream of a client is an output of its own. Requires: the block is
  // not larger than half of the buffer.
  const FeedPiece& add(const SealedBlock& block);

  // The number of the next piece.
  std::uint64_t next() const noexcept { return next_; }
  // Requires: `number` is below next() and was not forgotten.
  const FeedPiece& piece(std::uint64_t number) const noexcept {
    return pieces_[number - pieces_.front().number];
  }
  std::span<const std::uint8_t> bytes(const FeedPiece& piece) const noexcept {
    return {memory_.get() + piece.offset, piece.bytes};
  }

 private:
  void make_room(std::size_t offset, std::size_t bytes);

  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::function<void(const FeedPiece&)> forget_;
  std::deque<FeedPiece> pieces_;  // oldest first
  std::size_t write_at_ = 0;
  std::uint64_t next_ = 0;
};

// The place of the first record of a piece that does not begin before `offset`, the packets in
// front of that place, and whether the last of them goes on behind `offset`. A piece is whole
// pcapng blocks.
struct RecordBound {
  std::size_t offset = 0;
  std::uint32_t packets = 0;
  bool in_packet = false;
};
RecordBound record_bound(std::span<const std::uint8_t> piece, std::size_t offset) noexcept;

}  // namespace capstan::tools
