#include "engine/index/index_builder.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "engine/index/index_encoder.h"

namespace capstan {

namespace {

// What a row with its keys takes in an index, about: measured on rows of random addresses, which
// share nothing.
constexpr std::uint64_t kIpv4RowBytes = 46;
constexpr std::uint64_t kIpv6RowBytes = 100;
constexpr std::uint64_t kOtherRowBytes = 30;
constexpr std::uint64_t kInnerBytes = 40;

std::uint64_t row_cost(const FileRow& row) noexcept {
  std::uint64_t cost = kOtherRowBytes;
  if (row.key.kind == RowKind::kIpv4 || row.key.kind == RowKind::kArp) cost = kIpv4RowBytes;
  if (row.key.kind == RowKind::kIpv6) cost = kIpv6RowBytes;
  return cost + (row.key.inner != 0 ? kInnerBytes : 0);
}

}  // namespace

IndexBuilder::IndexBuilder(const IndexLimits& limits)
    : limits_(limits),
      seed_(HashSeed::random()),
      keys_(limits.max_links, limits.max_rows),
      flows_(seed_),
      rows_(limits.max_rows) {
  flows_.begin();
}

IndexBuilder::~IndexBuilder() = default;

void IndexBuilder::add_packet(const PacketView& packet) {
  if (packet.timestamp_ns < last_ns_) in_time_order_ = false;
  last_ns_ = packet.timestamp_ns;
  if (keys_.make(packet, keyed_)) [[likely]] {
    flows_.add(keyed_, packet.timestamp_ns, packet.wirelen);
  } else {
    flows_.add_unkeyed(packet.timestamp_ns, packet.wirelen);
  }
}

void IndexBuilder::end_block(IndexBlock block) {
  const UnkeyedPackets& unkeyed = flows_.unkeyed();
  std::uint64_t first_ns = unkeyed.packets != 0 ? unkeyed.first_ns : ~std::uint64_t{0};
  std::uint64_t last_ns = unkeyed.last_ns;
  block.packets = unkeyed.packets;
  std::uint64_t bytes = unkeyed.bytes;
  for (const BlockFlow& flow : flows_.flows()) {
    first_ns = std::min(first_ns, flow.first_ns);
    last_ns = std::max(last_ns, flow.last_ns);
    block.packets += std::uint64_t{flow.packets[0]} + flow.packets[1];
    bytes += flow.bytes[0] + flow.bytes[1];
  }
  block.first_ns = block.packets != 0 ? first_ns : 0;
  block.last_ns = last_ns;
  block.skipped = false;
  block.many_rows = unkeyed.packets != 0 ? 1 : 0;
  block.many_packets = unkeyed.packets;
  block.many_bytes = unkeyed.bytes;
  packets_ += block.packets;
  bytes_ += bytes;
  merge_flows(block);
  blocks_.push_back(block);
  flows_.begin();
}

void IndexBuilder::merge_flows(IndexBlock& block) {
  rows_.merge(flows_.flows(), static_cast<std::uint32_t>(blocks_.size()),
              [&block](const BlockFlow& flow) {
                ++block.many_rows;
                block.many_packets += std::uint64_t{flow.packets[0]} + flow.packets[1];
                block.many_bytes += flow.bytes[0] + flow.bytes[1];
              });
}

void IndexBuilder::skip_block(IndexBlock block) {
  block.skipped = true;
  in_time_order_ = false;  // nobody knows
  packets_ += block.packets;
  blocks_.push_back(block);
}

// The row's blocks have to be read from now on. Returns about how many bytes that saves.
std::uint64_t IndexBuilder::give_up(std::uint32_t row) {
  given_up_[row] = true;
  const FileRow& gone = rows_[row];
  IndexBlock& first = blocks_[gone.first_block];
  first.many_packets += gone.packets[0] + gone.packets[1];
  first.many_bytes += gone.bytes[0] + gone.bytes[1];
  std::uint64_t saved = row_cost(gone);
  rows_.for_each_block(row, [&](std::uint32_t block) {
    ++blocks_[block].many_rows;
    ++saved;
  });
  return saved;
}

// Rows go that narrow a search least: first those of one block in the blocks that have most of them
// (a scan fills its blocks with such), then those of few blocks.
void IndexBuilder::keep_within(std::uint64_t budget_bytes) {
  std::uint64_t cost = 0;
  std::vector<std::uint32_t> lone(blocks_.size(), 0);
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    cost += row_cost(rows_[row]);
    rows_.for_each_block(row, [&cost](std::uint32_t) { ++cost; });
    if (rows_[row].first_block == rows_[row].last_block) ++lone[rows_[row].first_block];
  }
  if (cost <= budget_bytes) return;
  given_up_.assign(rows_.size(), false);
  std::vector<std::uint32_t> order(rows_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const FileRow& x = rows_[a];
    const FileRow& y = rows_[b];
    const bool lone_x = x.first_block == x.last_block;
    const bool lone_y = y.first_block == y.last_block;
    if (lone_x != lone_y) return lone_x;
    if (lone_x) {
      if (lone[x.first_block] != lone[y.first_block]) {
        return lone[x.first_block] > lone[y.first_block];
      }
      return x.first_block < y.first_block;
    }
    return x.last_block - x.first_block < y.last_block - y.first_block;
  });
  for (const std::uint32_t row : order) {
    if (cost <= budget_bytes) break;
    const std::uint64_t saved = give_up(row);
    cost -= std::min(cost, saved);
  }
}

std::vector<std::uint8_t> IndexBuilder::finish(const IndexedFile& file) {
  keep_within(
      std::max(limits_.least_bytes, file.identity.size_bytes / 1000 * limits_.share_per_mille));
  IndexSummary summary;
  summary.recording = file.identity;
  summary.pcap = file.pcap;
  summary.whole = file.whole;
  summary.end_offset = file.end_offset;
  summary.has_ledger = file.has_ledger;
  summary.ledger_disputed = file.ledger_disputed;
  summary.interface_dropped = file.interface_dropped;
  summary.missing = file.missing;
  summary.place = file.place;
  summary.place_known = file.place_known;
  summary.in_time_order = in_time_order_;
  summary.packets = packets_;
  summary.bytes = bytes_;
  summary.first_ns = std::numeric_limits<std::uint64_t>::max();
  for (const IndexBlock& block : blocks_) {
    if (block.packets != 0) {
      summary.first_ns = std::min(summary.first_ns, block.first_ns);
      summary.last_ns = std::max(summary.last_ns, block.last_ns);
    }
    summary.received += block.received;
    summary.dropped += block.dropped;
    summary.skipped_blocks += block.skipped ? 1 : 0;
    summary.many_blocks += block.many_rows != 0 ? 1 : 0;
    summary.many_rows += block.many_rows;
    summary.many_packets += block.many_packets;
  }
  if (packets_ == 0) summary.first_ns = 0;
  return encode_index(
      {summary, file.sections, blocks_, rows_, given_up_, keys_.links(), keys_.inners()});
}

}  // namespace capstan
