// IndexBuilder: turns the packets of one recording, block after block, into its index.
//
// Third step of indexing: what BlockFlows counted within a block is added to the rows of the file;
// at the end rows, keys and blocks are encoded as the bytes of an index (index_encoder.h). Nothing
// here reads or writes files: the packets come from a recording (file_indexer.h) or from a capture
// (writers/index).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/index/block_flows.h"
#include "engine/index/file_rows.h"
#include "engine/index/index_reader.h"
#include "engine/index/packet_key.h"

namespace capstan {

// Limits on what a hostile link can cost. Beyond a limit packets have no row of their own: their
// block is marked (IndexBlock::many_rows) and has to be read in every search.
struct IndexLimits {
  // Rows in memory; each takes about 160 bytes including its keys.
  std::uint32_t max_rows = 1U << 20;
  // Different combinations of MAC addresses, VLAN tags and ethertypes.
  std::uint32_t max_links = 1U << 16;
  // The index of a file is limited to about this many thousandths of the file's size, or to
  // `least_bytes` if that is more: rows that narrow a search least are removed first.
  std::uint32_t share_per_mille = 15;
  std::uint64_t least_bytes = 1U << 20;
};

// What an index says about the recording as a whole.
struct IndexedFile {
  FileIdentity identity;  // including a digest
  bool pcap = false;
  bool whole = false;
  std::uint64_t end_offset = 0;
  // As those of IndexSummary.
  bool has_ledger = false;
  bool ledger_disputed = false;
  std::uint64_t interface_dropped = 0;
  std::uint64_t missing = 0;
  std::optional<RecordingPlace> place;
  bool place_known = true;
  std::vector<IndexSection> sections;
};

// For one file; one thread. Memory is bounded by the limits. Throws only std::bad_alloc.
class IndexBuilder {
 public:
  explicit IndexBuilder(const IndexLimits& limits);
  ~IndexBuilder();

  // Adds a packet to the present block, which end_block() will end. Borrowed during the call.
  void add_packet(const PacketView& packet);

  // Ends a block. Place, section, interfaces, ring and ledger are taken from `block`; times and
  // counts are those of the packets added. Blocks must come in file order.
  void end_block(IndexBlock block);

  // Adds a block whose packets could not be looked at. Its times and its number of packets are also
  // taken from `block`.
  void skip_block(IndexBlock block);

  // The blocks ended so far. Values known only at the end may still be set: section, interfaces,
  // ledger, and the times of skipped blocks.
  std::span<IndexBlock> blocks() noexcept { return blocks_; }

  std::uint64_t packets() const noexcept { return packets_; }
  std::uint32_t rows() const noexcept { return rows_.size(); }

  // Returns the bytes of the index. The builder cannot be used afterwards.
  std::vector<std::uint8_t> finish(const IndexedFile& file);

 private:
  void merge_flows(IndexBlock& block);
  void keep_within(std::uint64_t budget_bytes);
  std::uint64_t give_up(std::uint32_t row);

  IndexLimits limits_;
  HashSeed seed_;
  PacketKeyMaker keys_;
  BlockFlows flows_;
  FileRows rows_;
  std::vector<IndexBlock> blocks_;
  std::vector<bool> given_up_;  // rows removed to save space, by row number
  KeyedPacket keyed_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_ns_ = 0;
  bool in_time_order_ = true;
};

}  // namespace capstan
