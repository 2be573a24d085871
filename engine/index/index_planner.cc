#include "engine/index/index_planner.h"

#include <algorithm>
#include <set>
#include <utility>

namespace capstan {

namespace {

// The IP packet that a tunnel carries, as a row of its own.
IndexRow inner_row(const IndexRow& row) {
  IndexRow inner;
  inner.link_type = link_type::kRaw;
  // kUnread: whether extension headers stand in front of the protocol is not known.
  inner.flags = row_flag::kNoMacs | row_flag::kNoEthertype | row_flag::kUnread;
  if (row.inner.ip_version == 4) inner.kind = RowKind::kIpv4;
  if (row.inner.ip_version == 6) inner.kind = RowKind::kIpv6;
  inner.protocol = row.inner.protocol;
  inner.next_header = row.inner.protocol;
  if (!row.inner.has_ports) inner.flags |= row_flag::kNoPorts | row_flag::kLaterFragment;
  for (std::size_t end = 0; end < 2; ++end) {
    inner.ends[end] = row.ends[end];
    inner.ends[end].address = row.inner.addresses[end];
    inner.ends[end].port = row.inner.ports[end];
  }
  return inner;
}

// What the blocks' heads say was lost.
LossReport loss_of(const IndexSummary& summary, const std::vector<IndexBlock>& blocks) {
  LossReport loss;
  loss.recording = summary.place;
  loss.place_unknown = !summary.place_known;
  if (!summary.has_ledger) return loss;
  loss.source = LossSource::kLedger;
  loss.whole_file = true;
  loss.received = summary.received;
  loss.dropped = summary.dropped;
  loss.interface_dropped = summary.interface_dropped;
  loss.missing = summary.missing;
  for (const IndexBlock& block : blocks) {
    if (block.dropped == 0) continue;
    if (loss.spans.size() == kMaxLossSpans) {
      ++loss.spans_omitted;
      continue;
    }
    LossSpan span{block.ring, block.loss_begin_ns, block.loss_end_ns, block.dropped};
    if (span.from_ns == 0) span.from_ns = summary.first_ns;
    // A loss that no packet came after ended before the file was closed.
    if (span.to_ns == 0 || span.to_ns == ~std::uint64_t{0}) {
      span.to_ns = std::max(summary.last_ns, summary.recording.modified_ns);
    }
    loss.spans.push_back(span);
  }
  return loss;
}

// Nothing of the file is to be read, and its blocks have nothing to say of losses.
FilePlan skipped(const IndexSummary& summary) {
  FilePlan plan;
  plan.skip = true;
  plan.first_ns = summary.first_ns;
  plan.last_ns = summary.last_ns;
  plan.loss = loss_of(summary, {});
  return plan;
}

// Every byte of the file that is in no block (heads, descriptions), and the chosen blocks.
std::vector<ByteRange> ranges_of(const IndexReader& index, const std::vector<IndexBlock>& blocks,
                                 const std::vector<bool>& chosen) {
  std::vector<ByteRange> ranges;
  const auto add = [&](std::uint64_t from, std::uint64_t to) {
    if (from >= to) return;
    if (!ranges.empty() && from <= ranges.back().offset + ranges.back().length) {
      const std::uint64_t end = std::max(ranges.back().offset + ranges.back().length, to);
      ranges.back().length = end - ranges.back().offset;
    } else {
      ranges.push_back({from, to - from});
    }
  };
  // Descriptions of sections and interfaces lie inside blocks that need not be read.
  std::vector<ByteRange> descriptions;
  for (const IndexSection& section : index.sections()) {
    std::uint64_t from = section.offset;
    for (const IndexInterface& interface : section.interfaces) {
      const bool is_first = &interface == &section.interfaces.front();
      if (!is_first) from = interface.offset;
      descriptions.push_back({from, interface.offset + interface.length_bytes - from});
    }
  }
  std::sort(descriptions.begin(), descriptions.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  std::uint64_t at = 0;
  auto description = descriptions.begin();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    add(at, blocks[i].offset);
    const std::uint64_t end = blocks[i].offset + blocks[i].length_bytes;
    if (chosen[i]) add(blocks[i].offset, end);
    for (; description != descriptions.end() && description->offset < end; ++description) {
      if (description->offset >= blocks[i].offset && !chosen[i]) {
        add(description->offset, description->offset + description->length);
      }
    }
    at = std::max(at, end);
  }
  add(at, index.summary().end_offset);
  return ranges;
}

}  // namespace

void IndexPlanner::refuse(IndexRefusal refusal, std::string reason) {
  facts_.refusal = refusal;
  facts_.reason = std::move(reason);
}

std::optional<IndexReader> IndexPlanner::open(const SetFile& file) {
  facts_ = {};
  if (file.path == "-" || file.unfinished) {
    refuse(IndexRefusal::kMissing, "a recording that is not finished has none");
    return std::nullopt;
  }
  IndexReader::Opened opened = IndexReader::open_beside(file.path);
  if (!opened.reader) {
    refuse(opened.refusal, std::move(opened.reason));
    return std::nullopt;
  }
  const IndexSummary& summary = opened.reader->summary();
  if (!summary.whole) {
    refuse(IndexRefusal::kDamaged, "it is of a recording that ends in the middle of a record");
    return std::nullopt;
  }
  if (summary.ledger_disputed) {
    refuse(IndexRefusal::kDamaged, "the recording's ledger of losses does not agree with it");
    return std::nullopt;
  }
  facts_.refusal = IndexRefusal::kNone;
  facts_.file_bytes = summary.recording.size_bytes;
  facts_.packets = summary.packets;
  facts_.blocks = summary.blocks;
  facts_.rows = summary.rows;
  return std::move(opened.reader);
}

RowMatch& IndexPlanner::match_for(std::uint16_t link_type) {
  for (const auto& match : matches_) {
    if (match->link_type() == link_type) return *match;
  }
  matches_.push_back(std::make_unique<RowMatch>(
      FilterCondition(program_ ? program_(link_type) : std::vector<FilterInstruction>{}, link_type),
      link_type));
  return *matches_.back();
}

bool IndexPlanner::wanted(const IndexRow& row) {
  if (!range_.overlaps(row.first_ns, row.last_ns)) return false;
  RowMatch& match = match_for(row.link_type);
  if (match.may_match(row)) return true;
  if (!inner_ || !row.has(row_flag::kInner)) return false;
  if (row.inner.ip_version == 0) return false;  // nothing is found inside of its packets
  return match_for(link_type::kRaw).may_match(inner_row(row));
}

bool IndexPlanner::visit(IndexReader& index, const IndexReader::RowVisitor& visit) {
  std::set<std::uint16_t> link_types;
  for (const IndexSection& section : index.sections()) {
    for (const IndexInterface& interface : section.interfaces) {
      link_types.insert(interface.link_type);
    }
  }
  // Keys of the inner packets are others: a pass over the rows finds both.
  bool by_keys = !inner_ && !link_types.empty();
  RowIds rows;
  for (const std::uint16_t link_type : link_types) {
    if (!by_keys) break;
    bool readable = true;
    const std::optional<RowIds> some = match_for(link_type).candidates(index, readable);
    if (!readable) return false;
    by_keys = some.has_value();
    if (some) rows.insert(rows.end(), some->begin(), some->end());
  }
  const auto take = [&](const IndexRow& row, const std::vector<std::uint32_t>& blocks) {
    if (!wanted(row)) return true;
    ++facts_.rows_matching;
    return visit(row, blocks);
  };
  if (!by_keys) return index.for_each_row(take);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  IndexRow row;
  std::vector<std::uint32_t> blocks;
  for (const std::uint32_t id : rows) {
    if (!index.read_row(id, row)) return false;
    if (!wanted(row)) continue;
    ++facts_.rows_matching;
    blocks.clear();
    if (!index.read_row_blocks(id, blocks)) return false;
    if (!visit(row, blocks)) return true;
  }
  return true;
}

FilePlan IndexPlanner::plan(const SetFile& file) {
  std::optional<IndexReader> index = open(file);
  if (!index) return {};
  const IndexSummary& summary = index->summary();
  // The times of blocks nobody looked at are not known exactly.
  const bool in_time =
      summary.skipped_blocks != 0 || range_.overlaps(summary.first_ns, summary.last_ns);
  if (!in_time && summary.has_ledger && summary.dropped == 0) return skipped(summary);
  std::vector<bool> chosen(summary.blocks);
  const auto choose = [&](const IndexRow&, const std::vector<std::uint32_t>& of_row) {
    for (const std::uint32_t block : of_row) {
      if (block < chosen.size()) chosen[block] = true;
    }
    return true;
  };
  if (in_time && !visit(*index, choose)) {
    refuse(IndexRefusal::kDamaged, index->error());
    return {};
  }
  // Nothing in it, and nothing to be said of its blocks: they need not be read either. So it is
  // with nearly every file of a large directory.
  const bool blocks_tell = !summary.has_ledger || summary.dropped != 0 ||
                           summary.skipped_blocks != 0 || summary.many_blocks != 0;
  if (facts_.rows_matching == 0 && !blocks_tell) return skipped(summary);
  const std::vector<IndexBlock>* const blocks = index->blocks();
  if (blocks == nullptr) {
    refuse(IndexRefusal::kDamaged, index->error());
    return {};
  }
  chosen.resize(blocks->size());
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    const IndexBlock& block = (*blocks)[i];
    const bool has_time = block.packets != 0 || block.skipped;
    chosen[i] = (chosen[i] || block.always()) && has_time &&
                (block.skipped || range_.overlaps(block.first_ns, block.last_ns));
  }
  return plan_with(*index, *blocks, std::move(chosen));
}

FilePlan IndexPlanner::plan_with(IndexReader& index, const std::vector<IndexBlock>& blocks,
                                 std::vector<bool> chosen) {
  const IndexSummary& summary = index.summary();
  FilePlan plan;
  plan.first_ns = summary.first_ns;
  plan.last_ns = summary.last_ns;
  plan.loss_known = summary.has_ledger;
  plan.loss = loss_of(summary, blocks);
  // Other programs write their counts at the end of a file.
  if (!summary.has_ledger && !summary.pcap && !chosen.empty()) chosen.back() = true;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!chosen[i]) continue;
    ++facts_.blocks_to_read;
    facts_.bytes_to_read += blocks[i].length_bytes;
  }
  if (facts_.blocks_to_read == 0) {
    plan.skip = true;
  } else {
    plan.ranges = ranges_of(index, blocks, chosen);
  }
  return plan;
}

}  // namespace capstan
