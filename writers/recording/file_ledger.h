// FileLedger: counts what a recording has taken of each ring, and what of that belongs to the file
// being written: for the file's closing ledger and for its FinishedFile.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/block/block_ref.h"
#include "writers/file/finished_file.h"
#include "writers/recording/pcapng_format.h"

namespace capstan {

// One thread. Allocates only in opening() and closing().
class FileLedger {
 public:
  // For `rings` rings, numbered from `first_ring`. `one_interface`: all are the file's interface 0.
  FileLedger(std::uint32_t first_ring, std::size_t rings, bool one_interface);

  // Notes the counts of the block's ring. To be called for every block taken, in its ring's order.
  void remember(const SealedBlock& block) noexcept;
  // Counts the block's packets as packets of this file.
  void note(const SealedBlock& block) noexcept;
  // Notes packets of a ring that were taken but are not in the file, because of the size limit.
  void leave_out(std::uint32_t ring, std::uint64_t packets) noexcept {
    left_out_[ring - first_ring_] += packets;
  }
  // The same for all packets of a block for which note() was not called.
  void leave_out(const SealedBlock& block) noexcept {
    packets_ += block.packet_count;  // closing() subtracts them again
    leave_out(block.ring, block.packet_count);
  }

  // Packets taken for this file.
  std::uint64_t packets() const noexcept { return packets_; }

  // Returns the pcapng blocks with the counts at the start of the file: earlier losses are not
  // losses of this file.
  std::vector<std::uint8_t> opening() const;
  // Returns the pcapng blocks with the final counts of the rings and the mark that tells readers
  // that the file is complete.
  std::vector<std::uint8_t> closing(const std::vector<ClosingLedger>& ledgers,
                                    CloseReason reason) const;
  // Returns the ledgers as of the last blocks, for a file that ends while the recording goes on.
  const std::vector<ClosingLedger>& counts_at(std::uint64_t timestamp_ns) noexcept;

  // Sets the times and the ring counts of the file that ends now.
  void describe(FinishedFile& file) const;
  // Begins another file.
  void start_file() noexcept { packets_ = first_ns_ = last_ns_ = 0; }

 private:
  std::uint32_t first_ring_;
  // By ring, from first_ring_: the counts in its last block, and the packets taken from it.
  std::vector<ClosingLedger> counts_;
  std::vector<std::uint64_t> left_out_;
  std::uint64_t packets_ = 0;
  std::uint64_t first_ns_ = 0;  // times of the earliest and the latest packet
  std::uint64_t last_ns_ = 0;
};

}  // namespace capstan
