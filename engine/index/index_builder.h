// IndexBuilder: packets of one recording, block after block, into the index of that recording.
//
// Third step of indexing: what BlockFlows counted within a block is added to the rows of the file,
// and at the end rows, keys and blocks become the bytes of an index (index_encoder.h). Nothing here
// reads or writes files: file_indexer.h feeds it from a recording, writers/index from a capture.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/index/block_flows.h"
#include "engine/index/file_rows.h"
#include "engine/index/index_reader.h"
#include "engine/index/packet_key.h"

namespace capstan {

// What a hostile link can cost. Past a bound packets have no row of their own: their block is
// marked (IndexBlock::many_rows) and has to be read whatever is searched for.
struct IndexLimits {
  // Rows in memory, about 160 bytes each with their keys.
  std::uint32_t max_rows = 1U << 20;
  // Different pairs of MAC addresses, VLAN tags and ethertypes.
  std::uint32_t max_links = 1U << 16;
  // The index of a file is at most about so many thousandths of it, or `least_bytes` if that is
  // more: rows that narrow a search least go first.
  std::uint32_t share_per_mille = 15;
  std::uint64_t least_bytes = 1U << 20;
};

// What an index says of the whole recording.
struct IndexedFile {
  FileIdentity identity;  // with a digest
  bool pcap = false;
  bool whole = false;
  std::uint64_t end_offset = 0;
  // As those of IndexSummary.
  bool has_ledger = false;
  bool ledger_disputed = false;
  std::uint64_t interface_dropped = 0;
  std::uint64_t missing = 0;
  std::vector<IndexSection> sections;
};

// One file; one thread. Memory: the limits'. Throws std::bad_alloc alone.
class IndexBuilder {
 public:
  explicit IndexBuilder(const IndexLimits& limits);
  ~IndexBuilder();

  // Packets of the block that end_block() will name. Borrowed during the call.
  void add_packet(const PacketView& packet);

  // Ends a block. Place, section, interfaces, ring and ledger of `block` are taken as they are; the
  // times and counts are those of the packets added. Blocks come in the order of the file.
  void end_block(IndexBlock block);

  // A block whose packets nobody could look at. Its times and the number of its packets are taken
  // as they are too.
  void skip_block(IndexBlock block);

  // The blocks ended so far. What is known of them only at the end may still be set: section,
  // interfaces and ledger, the times of skipped ones.
  std::span<IndexBlock> blocks() noexcept { return blocks_; }

  std::uint64_t packets() const noexcept { return packets_; }
  std::uint32_t rows() const noexcept { return rows_.size(); }

  // The bytes of the index. Ends the builder.
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
  std::vector<bool> given_up_;  // by row
  KeyedPacket keyed_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_ns_ = 0;
  bool in_time_order_ = true;
};

}  // namespace capstan
