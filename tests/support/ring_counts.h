// RingCounts: what a ring of a made recording has counted so far, as a capture would tell it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/capture/seal.h"
#include "writers/recording/pcapng_format.h"

namespace capstan::test {

struct RingCounts {
  std::uint64_t packets = 0;
  std::uint64_t dropped = 0;

  // The ledger of the next block, in front of which so many were lost; in front of the first none.
  // `given`: packets that its output had before.
  SealLedger next_block(std::uint64_t lost, std::uint64_t given, std::uint64_t now_ns) {
    if (packets == 0) lost = 0;
    dropped += lost;
    SealLedger ledger;
    ledger.packets_before = packets;
    ledger.output_packets_before = given;
    ledger.dropped = dropped;
    ledger.dropped_since_last = lost;
    ledger.loss_begin_ns = lost == 0 ? 0 : now_ns;
    return ledger;
  }
};

inline std::vector<ClosingLedger> closing_ledgers(const std::vector<RingCounts>& rings,
                                                  std::uint64_t now_ns) {
  std::vector<ClosingLedger> ledgers;
  for (std::uint32_t ring = 0; ring < rings.size(); ++ring) {
    ClosingLedger ledger;
    ledger.ring = ledger.interface_id = ring;
    ledger.timestamp_ns = now_ns;
    ledger.received = rings[ring].packets + rings[ring].dropped;
    ledger.dropped = rings[ring].dropped;
    ledgers.push_back(ledger);
  }
  return ledgers;
}

}  // namespace capstan::test
