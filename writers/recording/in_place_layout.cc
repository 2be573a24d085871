#include <cstring>
#include <utility>

#include "engine/format/block_head.h"
#include "writers/recording/layout.h"
#include "writers/recording/pcapng_format.h"

namespace capstan {

namespace {

constexpr std::uint64_t kWaitNs = 1'000'000;  // for the disk, between two looks
// Blocks in a row that must agree before the layout changes: each change pads the file to its
// alignment and sends a part-full buffer.
constexpr std::uint32_t kVotesToSwitch = 4;
// An EPB's 32 bytes, its flags, half its padding.
constexpr std::uint32_t kPackedOverheadBytes = 46;

}  // namespace

bool LayoutTarget::at_limit(std::uint64_t more_bytes) noexcept {
  const std::uint64_t limit = options.size_limit_bytes;
  if (limit == 0) return false;
  if (stream.position() >= limit || (options.layout == Layout::kInPlace && more_bytes != 0 &&
                                     stream.position() + more_bytes > limit)) {
    full.store(true, std::memory_order_relaxed);
  }
  return full.load(std::memory_order_relaxed);
}

void InPlaceLayout::begin() noexcept {
  std::uint64_t gap =
      (alignment_bytes_ - target_.stream.position() % alignment_bytes_) % alignment_bytes_;
  if (gap != 0) {
    if (gap < pcapng::kMinBlockBytes) gap += alignment_bytes_;
    std::vector<std::uint8_t> padding;
    append_padding(padding, gap);
    target_.stream.append(padding.data(), padding.size());
    target_.stream.end_record(0);
  }
  target_.stream.close_run();
}

bool InPlaceLayout::put(BlockRef block) noexcept {
  if (target_.at_limit(block->size_bytes)) {
    target_.leave_out(block->ring, block->packet_count);
    return true;
  }
  while (queue_.full() && !queue_.abandoned()) queue_.wait(kWaitNs);
  // After a second interrupt within this call what was to be padded may have been left out: the
  // position is then no multiple of the alignment, and nothing behind it can become certain.
  if (queue_.full() || queue_.error() != 0) return false;
  WriteRequest request;
  request.data = block->data;
  request.length = block->size_bytes;
  request.offset = target_.stream.position();
  request.packets = block->packet_count;
  request.certain_end = request.offset + request.length;
  if (target_.options.observer != nullptr) {
    BlockHead head;
    std::memcpy(&head, block->data, sizeof(head));
    target_.options.observer->block_placed(
        {head, target_.file_number, request.offset, request.length, block->packet_count, false});
  }
  const std::uint64_t next = request.certain_end;
  request.block = std::move(block);
  queue_.submit(std::move(request));
  target_.stream.start_at(next);
  target_.counters.blocks_in_place.add(1);
  return true;
}

// In place saves the copy, 30 to 40 ns a packet, and costs disk: a twentieth more at 1500 bytes,
// half more at 60. With small packets it is the CPU that limits a recording, never the disk, so in
// place pays for every full block (docs/benchmarks.md, "Layouts"); a part-filled one is mostly
// padding.
bool LayoutChoice::in_place_pays(const SealedBlock& block, bool packed) noexcept {
  const std::uint64_t packed_bytes =
      block.captured_bytes + std::uint64_t{block.packet_count} * kPackedOverheadBytes;
  const bool pays = std::uint64_t{block.size_bytes} * 5 <= packed_bytes * 8;
  votes_ = pays == packed ? votes_ + 1 : 0;
  if (votes_ < kVotesToSwitch) return !packed;
  votes_ = 0;
  return pays;
}

}  // namespace capstan
