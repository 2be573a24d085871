// BlockAudit: passes the packets of sealed blocks to the auditor, for every live audit.
#pragma once

#include <cstdint>
#include <span>

#include "engine/audit/auditor.h"
#include "engine/block/block_ref.h"
#include "engine/flow/packet_sorter.h"

namespace capstan::tools {

// One thread. With one ring, packets are read in place. With several rings, whole blocks of each
// ring arrive in turn, so that an answer may come before its question: the packets are copied and
// sorted by their timestamps within one second.
class BlockAudit {
 public:
  BlockAudit(audit::Auditor& auditor, bool several_rings)
      : auditor_(auditor), several_rings_(several_rings) {}

  // `link_types[i]`: link type of the packets of pcapng interface i.
  void take(const SealedBlock& block, std::span<const std::uint16_t> link_types);
  // To be called often, with the monotonic clock: ends idle sessions, and passes on packets that
  // wait in vain for packets of other rings.
  void on_tick(std::uint64_t monotonic_ns);
  // To be called when no more packets will come.
  void finish();

  std::uint64_t put_in_order() const noexcept { return sorter_.put_in_order(); }

 private:
  void put(std::span<const PacketView> packets);

  audit::Auditor& auditor_;
  PacketSorter sorter_{true};
  std::uint64_t taken_ns_ = 0;  // arrival of the last packet, monotonic clock
  std::uint64_t now_ns_ = 0;
  bool several_rings_;
};

}  // namespace capstan::tools
