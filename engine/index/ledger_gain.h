// LedgerGain: what the block heads in one part of a recording add to the ledger of their rings.
#pragma once

#include <cstdint>
#include <map>

#include "engine/format/block_head.h"
#include "engine/index/index_builder.h"
#include "engine/reader/loss_account.h"

namespace capstan {

// Add everything in file order; take() ends a part. Counts like LossAccount (engine/reader), which
// covers a whole file: in a later file of a recording the first head includes the counts of the
// earlier files, and the first packet after a loss says how many packets were lost.
class LedgerGain {
 public:
  void begin_section() noexcept {
    rings_.clear();
    section_has_packets_ = false;
  }
  void add_head(const BlockHead& head);
  void add_packet(std::uint64_t timestamp_ns, std::uint64_t dropped_before) noexcept {
    section_has_packets_ = true;
    if (open_end_ || (awaits_drop_count_ && dropped_before != 0)) [[unlikely]] {
      end_loss(timestamp_ns, dropped_before);
    }
    last_packet_ns_ = timestamp_ns;
  }
  // Stores in `block` what was added since the last call.
  void take(IndexBlock& block) noexcept;

 private:
  struct Ring {
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
  };
  void add_loss(std::uint64_t dropped, std::uint64_t begin_ns, std::uint64_t end_ns) noexcept;
  void end_loss(std::uint64_t timestamp_ns, std::uint64_t dropped_before) noexcept;

  std::map<std::uint32_t, Ring> rings_;
  std::uint64_t received_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t end_ns_ = 0;
  std::uint64_t last_packet_ns_ = 0;
  bool section_has_packets_ = false;
  bool open_end_ = false;  // the end of the loss added last is the time of the next packet
  bool awaits_drop_count_ = false;
  BlockHead awaiting_{};
};

// What an index says of the losses of the whole file and of its place: `loss`, of all of it.
void take_losses(const LossReport& loss, IndexedFile& file);

}  // namespace capstan
