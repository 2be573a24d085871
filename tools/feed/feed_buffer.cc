#include "tools/feed/feed_buffer.h"

#include <cstring>

#include "engine/core/check.h"
#include "engine/format/pcapng.h"

namespace capstan::tools {

FeedBuffer::FeedBuffer(std::size_t bytes, std::function<void(const FeedPiece&)> forget)
    : size_(bytes), memory_(new std::uint8_t[bytes]), forget_(std::move(forget)) {}

// Pieces lie in the order of their numbers, and the oldest is the next one in front of write_at_.
void FeedBuffer::make_room(std::size_t offset, std::size_t bytes) {
  while (!pieces_.empty()) {
    const FeedPiece& oldest = pieces_.front();
    if (oldest.offset >= offset + bytes || oldest.offset + oldest.bytes <= offset) return;
    forget_(oldest);
    pieces_.pop_front();
  }
}

const FeedPiece& FeedBuffer::add(const SealedBlock& block) {
  const std::size_t bytes = block.size_bytes;
  CAPSTAN_CHECK(bytes * 2 <= size_, bytes);
  if (write_at_ + bytes > size_) {
    make_room(write_at_, size_ - write_at_);  // what is left at the end stays empty
    write_at_ = 0;
  }
  make_room(write_at_, bytes);
  std::uint8_t* const to = memory_.get() + write_at_;
  std::memcpy(to, block.data, bytes);
  BlockHead head;
  std::memcpy(&head, to, sizeof(head));
  head.output_packets = head.received - head.dropped;
  std::memcpy(to, &head, sizeof(head));
  pieces_.push_back({next_++, write_at_, bytes, block.ring, block.packet_count});
  write_at_ += bytes;
  return pieces_.back();
}

RecordBound record_bound(std::span<const std::uint8_t> piece, std::size_t offset) noexcept {
  RecordBound bound;
  while (bound.offset < offset && bound.offset + 8 <= piece.size()) {
    std::uint32_t head[2];  // type and total length (section 3.1)
    std::memcpy(head, piece.data() + bound.offset, sizeof(head));
    if (head[1] < 12 || head[1] > piece.size() - bound.offset) break;
    const bool is_packet = head[0] == pcapng::kEnhancedPacketBlock;
    if (is_packet) ++bound.packets;
    bound.offset += head[1];
    bound.in_packet = is_packet && bound.offset > offset;
  }
  return bound;
}

}  // namespace capstan::tools
