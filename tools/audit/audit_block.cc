#include "tools/audit/audit_block.h"

#include <array>

#include "engine/block/packet_walk.h"

namespace capstan::tools {

void audit_block(const SealedBlock& block, std::span<const std::uint16_t> link_types,
                 audit::Auditor& auditor) {
  PacketWalk walk({block.data, block.size_bytes}, link_types);
  constexpr std::size_t kBatch = 16;
  std::array<PacketView, kBatch> batch;
  std::size_t count = 0;
  while (walk.next(batch[count])) {
    if (++count < kBatch) continue;
    auditor.on_packets(batch);
    count = 0;
  }
  auditor.on_packets(std::span<const PacketView>(batch).first(count));
}

}  // namespace capstan::tools
