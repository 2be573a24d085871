#include "tools/audit/audit_block.h"

#include <array>

#include "engine/block/packet_walk.h"

namespace capstan::tools {

namespace {
// A block that is not full is handed over after its retire timeout; the other rings' are by then.
constexpr std::uint64_t kPatienceNs = 500'000'000;
}  // namespace

void BlockAudit::put(std::span<const PacketView> packets) {
  if (!several_rings_) {
    auditor_.on_packets(packets);
    return;
  }
  for (const PacketView& packet : packets) {
    sorter_.add(packet, [this](std::span<const PacketView> due) { auditor_.on_packets(due); });
  }
}

void BlockAudit::take(const SealedBlock& block, std::span<const std::uint16_t> link_types) {
  PacketWalk walk({block.data, block.size_bytes}, link_types);
  constexpr std::size_t kBatch = 16;
  std::array<PacketView, kBatch> batch;
  std::size_t count = 0;
  while (walk.next(batch[count])) {
    if (++count < kBatch) continue;
    put(batch);
    count = 0;
  }
  put(std::span<const PacketView>(batch).first(count));
  taken_ns_ = now_ns_;
}

void BlockAudit::on_tick(std::uint64_t monotonic_ns) {
  now_ns_ = monotonic_ns;
  auditor_.on_tick(monotonic_ns);
  if (sorter_.size() != 0 && monotonic_ns - taken_ns_ > kPatienceNs) finish();
}

void BlockAudit::finish() {
  sorter_.flush([this](std::span<const PacketView> due) { auditor_.on_packets(due); });
}

}  // namespace capstan::tools
