// FileLedger: what a recording has taken of each ring, and what of that belongs to the file being
// written: the counts in its closing ledger, and what is told of it when it is finished.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/block/block_ref.h"
#include "writers/file/finished_file.h"
#include "writers/recording/pcapng_format.h"

namespace capstan {

// One thread. Allocates only where it makes bytes for the file.
class FileLedger {
 public:
  // Of `rings` rings from `first_ring` on. `one_interface`: all are the file's interface 0.
  FileLedger(std::uint32_t first_ring, std::size_t rings, bool one_interface);

  // A block was taken: what its ring had counted by then. Of every block, in its ring's order.
  void remember(const SealedBlock& block) noexcept;
  // Its packets are for this file.
  void note(const SealedBlock& block) noexcept;
  // Packets of a ring that are beyond the size limit: taken, and not in the file.
  void leave_out(std::uint32_t ring, std::uint64_t packets) noexcept {
    left_out_[ring - first_ring_] += packets;
  }
  // All of a block is: it was never noted.
  void leave_out(const SealedBlock& block) noexcept {
    packets_ += block.packet_count;  // closing() takes them off again
    leave_out(block.ring, block.packet_count);
  }

  // Taken for this file.
  std::uint64_t packets() const noexcept { return packets_; }

  // pcapng blocks. Where the counts of the file begin: what came before is no loss of this file.
  std::vector<std::uint8_t> opening() const;
  // The rings' counts and the mark by which a reader knows that nothing is missing behind them.
  std::vector<std::uint8_t> closing(const std::vector<ClosingLedger>& ledgers,
                                    CloseReason reason) const;
  // The ledgers as the last blocks said them, for a file that ends while the recording goes on.
  const std::vector<ClosingLedger>& counts_at(std::uint64_t timestamp_ns) noexcept;

  // Times and rings of the file that ends now.
  void describe(FinishedFile& file) const;
  // Another file begins.
  void start_file() noexcept { packets_ = first_ns_ = last_ns_ = 0; }

 private:
  std::uint32_t first_ring_;
  // By ring, from first_ring_: what its last block said, and the packets taken of it.
  std::vector<ClosingLedger> counts_;
  std::vector<std::uint64_t> left_out_;
  std::uint64_t packets_ = 0;
  std::uint64_t first_ns_ = 0;  // the earliest of them, and the latest
  std::uint64_t last_ns_ = 0;
};

}  // namespace capstan
