// LedgerGain: what the block heads within a piece of a recording add to the ledger of their rings.
#pragma once

#include <cstdint>
#include <map>

#include "engine/format/block_head.h"
#include "engine/index/index_reader.h"

namespace capstan {

// Fed in the order of the file; take() ends a piece. As LossAccount (engine/reader) counts, which
// sums up a whole file: in a later file of a recording the first head holds the counts of the
// earlier files, and the first packet behind a loss says how many it was.
class LedgerGain {
 public:
  void begin_section() { rings_.clear(); }
  void add_head(const BlockHead& head);
  // A packet says how many were lost in front of it.
  void add_drop_count(std::uint64_t dropped) noexcept;
  // Puts what was added since the last call into `block`.
  void take(IndexBlock& block) noexcept;
  bool has_ledger() const noexcept { return has_ledger_; }

 private:
  struct Ring {
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
  };
  void add_loss(std::uint64_t dropped, std::uint64_t begin_ns, std::uint64_t end_ns) noexcept;

  std::map<std::uint32_t, Ring> rings_;
  std::uint64_t received_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t end_ns_ = 0;
  bool awaits_drop_count_ = false;
  BlockHead awaiting_{};
  bool has_ledger_ = false;
};

}  // namespace capstan
