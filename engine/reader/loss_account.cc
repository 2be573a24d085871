#include "engine/reader/loss_account.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::tools {

namespace {

// More rings or interfaces in one section than any recording has: what a hostile file can cost.
constexpr std::size_t kMaxSources = 4096;

// Counts only grow; a file that says otherwise counts as no change.
std::uint64_t growth(std::uint64_t from, std::uint64_t to) noexcept {
  return to > from ? to - from : 0;
}

}  // namespace

void LossAccount::begin_section() {
  if (in_section_) end_section(true);
  in_section_ = true;
}

void LossAccount::add_span(std::vector<LossSpan>& spans, const LossSpan& span) {
  if (spans.size() < kMaxLossSpans) {
    spans.push_back(span);
  } else {
    ++report_.spans_omitted;
  }
}

void LossAccount::add_drop_count(const PacketView& packet) {
  option_drops_ += packet.dropped_before;
  if (awaits_drop_count_ && !ledger_spans_.empty()) {
    awaits_drop_count_ = false;
    Ring& ring = rings_[ledger_spans_.back().source_id];
    ledger_spans_.back().packets = packet.dropped_before;
    ring.dropped_before = growth(packet.dropped_before, ring.dropped_before);
  }
  add_span(option_spans_,
           {packet.interface_id, last_packet_ns_, packet.timestamp_ns, packet.dropped_before});
}

// The first head of a ring in this file. In the first file of a recording nothing came before it;
// in a later one the counts of the earlier files are in it already.
void LossAccount::add_first_head(Ring& ring, const BlockHead& head) {
  const std::uint64_t packets = growth(head.dropped, head.received);
  // Without a sequence it is the closing ledger, and how many packets came before is not known.
  ring.baseline_known = head.sequence != 0 || packets == 0;
  ring.packets_before = head.sequence == 0 ? 0 : growth(head.packet_count, packets);
  const bool is_later_file = ring.packets_before > 0;
  ring.dropped_before = is_later_file ? head.dropped : 0;
  if (head.loss_begin_ns == 0 && growth(ring.dropped_before, head.dropped) == 0) return;
  awaits_drop_count_ = is_later_file;
  add_span(ledger_spans_, {head.ring, head.loss_begin_ns, head.loss_end_ns,
                           growth(ring.dropped_before, head.dropped)});
}

void LossAccount::add_head(const BlockHead& head, std::uint64_t offset) {
  if (uneven_head_offset_ == 0 && packets_since_head_ != open_head_packets_) {
    uneven_head_offset_ = std::max<std::uint64_t>(open_head_offset_, 1);
  }
  packets_since_head_ = 0;
  open_head_packets_ = head.packet_count;
  open_head_offset_ = offset;
  if (!rings_.contains(head.ring) && rings_.size() == kMaxSources) return;
  const auto [entry, is_first] = rings_.try_emplace(head.ring);
  Ring& ring = entry->second;
  if (is_first) {
    add_first_head(ring, head);
  } else {
    const std::uint64_t dropped = growth(ring.last.dropped, head.dropped);
    if (dropped > 0) {
      add_span(ledger_spans_, {head.ring, head.loss_begin_ns, head.loss_end_ns, dropped});
    }
    const bool both_numbered = head.sequence != 0 && ring.last.sequence != 0;
    if (both_numbered && head.sequence != ring.last.sequence + 1) ++sequence_gaps_;
  }
  if (head.sequence != 0) ++ring.blocks;
  ring.last = head;
}

void LossAccount::add_statistics(const InterfaceStatistics& statistics) {
  const std::uint32_t id = statistics.interface_id;
  if (!interfaces_.contains(id) && interfaces_.size() == kMaxSources) return;
  Interface& interface = interfaces_[id];
  const std::uint64_t before = interface.dropped_by_os + interface.dropped_by_interface;
  if (statistics.os_dropped) interface.dropped_by_os = *statistics.os_dropped;
  if (statistics.interface_dropped) interface.dropped_by_interface = *statistics.interface_dropped;
  if (statistics.interface_received) interface.received = *statistics.interface_received;
  interface.counts_drops = interface.counts_drops || statistics.os_dropped.has_value() ||
                           statistics.interface_dropped.has_value();
  const std::uint64_t after = interface.dropped_by_os + interface.dropped_by_interface;
  const std::uint64_t from =
      interface.at_ns != 0 ? interface.at_ns : statistics.start_ns.value_or(0);
  if (after > before) {
    add_span(statistics_spans_, {id, from, statistics.timestamp_ns, after - before});
  }
  interface.at_ns = statistics.timestamp_ns;
}

void LossAccount::check_conservation(std::uint64_t expected, bool baselines_known, bool complete) {
  if (expected == section_packets_) return;
  const std::string place =
      uneven_head_offset_ == 0
          ? std::string{}
          : fmt::format(", first behind the block at byte {}", uneven_head_offset_);
  if (expected < section_packets_) {
    report_.problems.push_back(fmt::format("{} packets more than the loss ledger counts{}",
                                           section_packets_ - expected, place));
    return;
  }
  if (!baselines_known) return;  // the others are in earlier files of the recording
  const std::uint64_t missing = expected - section_packets_;
  report_.missing += missing;
  if (!complete) return;  // the end of the file says why
  report_.problems.push_back(fmt::format(
      "{} packets that the loss ledger counts are not in the file{}{}", missing, place,
      sequence_gaps_ == 0 ? "" : fmt::format("; {} gaps in the block numbers", sequence_gaps_)));
}

void LossAccount::end_ledger_section(bool complete) {
  std::uint64_t expected = 0;
  bool baselines_known = true;
  for (const auto& [id, ring] : rings_) {
    const std::uint64_t packets_before = ring.packets_before;
    RingLoss loss;
    loss.section = section_;
    loss.ring = id;
    loss.dropped = growth(ring.dropped_before, ring.last.dropped);
    const std::uint64_t packets =
        growth(packets_before, growth(ring.last.dropped, ring.last.received));
    loss.received = packets + loss.dropped;
    loss.freezes = ring.last.freezes;
    loss.blocks = ring.blocks;
    expected += packets;
    baselines_known = baselines_known && ring.baseline_known;
    report_.received += loss.received;
    report_.dropped += loss.dropped;
    report_.rings.push_back(loss);
  }
  // The rings' own drops are in the ledger; what the card dropped is only in the statistics blocks.
  for (const auto& [id, interface] : interfaces_) {
    report_.interface_dropped += interface.dropped_by_interface;
  }
  check_conservation(expected, baselines_known, complete);
  for (const LossSpan& span : ledger_spans_) add_span(report_.spans, span);
}

void LossAccount::end_statistics_section() {
  for (const auto& [id, interface] : interfaces_) {
    report_.received += interface.received;
    report_.dropped += interface.dropped_by_os;
    report_.interface_dropped += interface.dropped_by_interface;
  }
  for (const LossSpan& span : statistics_spans_) add_span(report_.spans, span);
}

void LossAccount::end_section(bool complete) {
  LossSource source = LossSource::kNone;
  const bool has_statistics =
      std::any_of(interfaces_.begin(), interfaces_.end(),
                  [](const auto& entry) { return entry.second.counts_drops; });
  if (!rings_.empty()) {
    source = LossSource::kLedger;
    end_ledger_section(complete);
  } else if (has_statistics) {
    source = LossSource::kStatistics;
    end_statistics_section();
  } else if (option_drops_ > 0) {
    source = LossSource::kPacketOptions;
    report_.dropped += option_drops_;
    for (const LossSpan& span : option_spans_) add_span(report_.spans, span);
  }
  if (section_packets_ > 0 && source != LossSource::kLedger) all_with_ledger_ = false;
  report_.source = std::max(report_.source, source);
  ++section_;
  rings_.clear();
  interfaces_.clear();
  ledger_spans_.clear();
  statistics_spans_.clear();
  option_spans_.clear();
  section_packets_ = packets_since_head_ = open_head_packets_ = option_drops_ = 0;
  last_packet_ns_ = uneven_head_offset_ = sequence_gaps_ = 0;
  awaits_drop_count_ = false;
}

LossReport LossAccount::finish(bool complete) {
  if (in_section_) end_section(complete);
  in_section_ = false;
  report_.whole_file = report_.source == LossSource::kLedger && all_with_ledger_;
  return report_;
}

}  // namespace capstan::tools
