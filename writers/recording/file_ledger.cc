#include "writers/recording/file_ledger.h"

#include <algorithm>
#include <cstring>

#include "engine/core/clock.h"
#include "engine/format/block_head.h"

namespace capstan {

FileLedger::FileLedger(std::uint32_t first_ring, std::size_t rings, bool one_interface)
    : first_ring_(first_ring), counts_(rings), left_out_(rings) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i].ring = first_ring + static_cast<std::uint32_t>(i);
    counts_[i].interface_id = one_interface ? 0 : counts_[i].ring;
  }
}

void FileLedger::remember(const SealedBlock& block) noexcept {
  BlockHead head;
  std::memcpy(&head, block.data, sizeof(head));
  ClosingLedger& counts = counts_[block.ring - first_ring_];
  counts.output_packets += block.packet_count;
  counts.received = head.received;
  counts.dropped = head.dropped;
  counts.freezes = head.freezes;
}

void FileLedger::note(const SealedBlock& block) noexcept {
  if (packets_ == 0) first_ns_ = block.first_timestamp_ns;
  packets_ += block.packet_count;
  first_ns_ = std::min(first_ns_, block.first_timestamp_ns);
  last_ns_ = std::max(last_ns_, block.last_timestamp_ns);
}

std::vector<std::uint8_t> FileLedger::opening() const {
  std::vector<std::uint8_t> opening;
  for (const ClosingLedger& counts : counts_) append_opening_ledger(opening, counts);
  return opening;
}

std::vector<std::uint8_t> FileLedger::closing(const std::vector<ClosingLedger>& ledgers,
                                              CloseReason reason) const {
  std::vector<std::uint8_t> closing;
  std::uint64_t packets = packets_;
  for (ClosingLedger ledger : ledgers) {
    const std::size_t index = ledger.ring - first_ring_;
    ledger.received -= left_out_[index];
    ledger.output_packets = counts_[index].output_packets - left_out_[index];
    append_closing_ledger(closing, ledger);
    packets -= left_out_[index];
  }
  append_file_close(closing, reason, packets, wall_clock_ns(), 0, {});
  return closing;
}

const std::vector<ClosingLedger>& FileLedger::counts_at(std::uint64_t timestamp_ns) noexcept {
  for (ClosingLedger& counts : counts_) counts.timestamp_ns = timestamp_ns;
  return counts_;
}

void FileLedger::describe(FinishedFile& file) const {
  file.first_ns = first_ns_;
  file.last_ns = last_ns_;
  for (const ClosingLedger& counts : counts_) {
    file.rings.push_back({counts.ring, counts.received, counts.dropped});
  }
}

}  // namespace capstan
