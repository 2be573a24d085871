// Any bytes as a ring block: sealing stays inside it, accounts for every packet announced, leaves
// block_status alone, and what it made walks to its end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engine/block/packet_walk.h"
#include "engine/capture/seal.h"
#include "engine/core/check.h"

namespace {

using namespace capstan;

constexpr std::uint32_t kBlockBytes = kMinBlockSizeBytes;
constexpr std::size_t kStatusOffset = 8;

struct Free {
  void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
};

void seal_and_walk(const std::uint8_t* data, std::size_t size, SlotKind kind, std::uint32_t snaplen,
                   std::uint32_t limit) {
  // Exactly one block, so that AddressSanitizer sees a step outside it.
  const std::unique_ptr<std::uint8_t, Free> block(
      static_cast<std::uint8_t*>(std::aligned_alloc(4096, kBlockBytes)));
  std::memset(block.get(), 0, kBlockBytes);
  std::memcpy(block.get(), data, size < kBlockBytes ? size : kBlockBytes);
  std::uint32_t status = 0;
  std::memcpy(&status, block.get() + kStatusOffset, sizeof(status));
  const std::uint32_t announced = block_packet_count(block.get());

  SealContext context;
  context.slot_kind = kind;
  context.snaplen = snaplen;
  context.block_size_bytes = kBlockBytes;
  SealLedger ledger;
  ledger.dropped_since_last = limit % 2;
  const SealResult result = seal_block(block.get(), context, ledger, limit);

  CAPSTAN_CHECK(
      std::uint64_t{result.packet_count} + result.damaged + result.beyond_limit == announced,
      result.packet_count, result.damaged, result.beyond_limit, announced);
  CAPSTAN_CHECK(result.size_bytes <= kBlockBytes && result.size_bytes % 4096 == 0,
                result.size_bytes);
  CAPSTAN_CHECK((result.size_bytes == 0) == (result.packet_count == 0), result.size_bytes);
  std::uint32_t status_after = 0;
  std::memcpy(&status_after, block.get() + kStatusOffset, sizeof(status_after));
  CAPSTAN_CHECK(status_after == status, status, status_after);

  const std::uint16_t link_types[] = {1};
  PacketWalk walk({block.get(), result.size_bytes}, link_types);
  PacketView packet;
  std::uint64_t packets = 0;
  std::uint64_t captured = 0;
  while (walk.next(packet)) {
    ++packets;
    captured += packet.caplen;
  }
  CAPSTAN_CHECK(walk.end() == WalkEnd::kComplete, walk.end(), walk.offset());
  CAPSTAN_CHECK(packets == result.packet_count, packets, result.packet_count);
  CAPSTAN_CHECK(captured == result.captured_bytes, captured, result.captured_bytes);
}

}  // namespace

// The last byte chooses how the block is sealed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t choice = data[size - 1];
  constexpr SlotKind kKinds[] = {SlotKind::kEthernet, SlotKind::kRaw, SlotKind::kCooked};
  constexpr std::uint32_t kLimits[] = {0xFFFFFFFF, 3, 0xFFFFFFFF, 0};
  seal_and_walk(data, size - 1, kKinds[choice % 3], choice % 2 == 0 ? 262144 : 64,
                kLimits[choice / 8 % 4]);
  return 0;
}
