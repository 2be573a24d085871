#include "tools/record/ring_stats.h"

#include "engine/core/clock.h"

namespace capstan::tools {

namespace {

RingStats stats_of(const RingInfo& info, const RingCounters& counters) {
  RingStats ring;
  ring.interface_name = info.interface_name;
  ring.cpu = info.cpu;
  ring.received = counters.received.get();
  ring.dropped = counters.dropped.get();
  ring.sealed = counters.sealed.get();
  ring.damaged = counters.damaged.get();
  ring.beyond_limit = counters.beyond_limit.get();
  ring.after_stop = counters.after_stop.get();
  ring.abandoned = counters.abandoned.get();
  ring.truncated = counters.truncated.get();
  ring.freezes = counters.freezes.get();
  ring.blocks = counters.blocks.get();
  ring.captured_bytes = counters.captured_bytes.get();
  ring.held_blocks = counters.held_blocks.get();
  ring.block_count = info.block_count;
  ring.ring_size_bytes = info.ring_size_bytes;
  return ring;
}

}  // namespace

std::vector<RingStats> ring_stats(const Capture& capture) {
  std::vector<RingStats> stats;
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    stats.push_back(stats_of(capture.ring_info(ring), capture.counters(ring)));
    stats.back().reconciled = capture.finished() && capture.reconciled(ring);
  }
  return stats;
}

std::vector<ClosingLedger> closing_ledgers(const Capture& capture, Links& links) {
  std::vector<ClosingLedger> ledgers;
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const RingCounters& counters = capture.counters(ring);
    ClosingLedger ledger;
    ledger.ring = static_cast<std::uint32_t>(ring);
    ledger.interface_id = capture.options().one_interface_id ? 0 : ledger.ring;
    ledger.timestamp_ns = wall_clock_ns();
    ledger.received = counters.received.get() - counters.after_stop.get() -
                      counters.abandoned.get() - counters.beyond_limit.get();
    ledger.dropped = counters.dropped.get();
    ledger.freezes = counters.freezes.get();
    ledger.nic_dropped = links.nic_drops(capture.ring_info(ring).interface_name);
    ledger.loss_begin_ns = capture.closing_ledger(ring).loss_begin_ns;
    ledgers.push_back(ledger);
  }
  return ledgers;
}

bool a_ring_fills(const Capture& capture) noexcept {
  constexpr std::uint64_t kShare = 8;
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const std::uint64_t held = capture.counters(ring).held_blocks.get();
    if (held * kShare > capture.ring_info(ring).block_count) return true;
  }
  return false;
}

}  // namespace capstan::tools
