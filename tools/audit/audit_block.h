// BlockAudit: sealed blocks' packets into the auditor, for every live audit.
#pragma once

#include <cstdint>
#include <span>

#include "engine/audit/auditor.h"
#include "engine/block/block_ref.h"
#include "engine/flow/packet_sorter.h"

namespace capstan::tools {

// One thread. With one ring packets are read where they lie. Those of several rings come in whole
// blocks, so that an answer may lie in front of its question: they are copied, and put in the order
// of their times within a second.
class BlockAudit {
 public:
  BlockAudit(audit::Auditor& auditor, bool several_rings)
      : auditor_(auditor), several_rings_(several_rings) {}

  // `link_types[i]`: of the packets of pcapng interface i.
  void take(const SealedBlock& block, std::span<const std::uint16_t> link_types);
  // The monotonic clock, often: ends what is idle, and lets go of what waits for others in vain.
  void on_tick(std::uint64_t monotonic_ns);
  // No more will come.
  void finish();

  std::uint64_t put_in_order() const noexcept { return sorter_.put_in_order(); }

 private:
  void put(std::span<const PacketView> packets);

  audit::Auditor& auditor_;
  PacketSorter sorter_{true};
  std::uint64_t taken_ns_ = 0;  // when the last packet came, on the monotonic clock
  std::uint64_t now_ns_ = 0;
  bool several_rings_;
};

}  // namespace capstan::tools
