#include "engine/reader/loss_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace capstan {

namespace {

// Counts only grow; a file that says otherwise counts as no change.
std::uint64_t growth(std::uint64_t from, std::uint64_t to) noexcept {
  return to > from ? to - from : 0;
}

// "stripe 1 of 2", as recordings without a RecordingMark say it in a comment. False: another text.
bool parse_stripe(const std::string& comment, std::uint32_t& stripe, std::uint32_t& stripes) {
  unsigned one = 0;
  unsigned of = 0;
  int read = 0;
  if (std::sscanf(comment.c_str(), "stripe %9u of %9u%n", &one, &of, &read) != 2) return false;
  if (static_cast<std::size_t>(read) != comment.size() || one == 0 || one > of) return false;
  stripe = one;
  stripes = of;
  return true;
}

}  // namespace

void LossAccount::begin_section(const FileSection& section) {
  if (in_section_) end_section({});
  in_section_ = true;
  mark_ = section.recording;
  stripe_ = stripes_ = 1;
  if (mark_) {
    stripe_ = mark_->stripe;
    stripes_ = mark_->stripes;
  } else {
    parse_stripe(section.comment, stripe_, stripes_);
  }
}

void LossAccount::add_span(std::vector<LossSpan>& spans, const LossSpan& span) {
  if (spans.size() < kMaxLossSpans) {
    spans.push_back(span);
  } else {
    ++report_.spans_omitted;
  }
}

void LossAccount::add_drop_count(const PacketView& packet) {
  if (std::exchange(open_span_, false)) ledger_spans_.back().to_ns = packet.timestamp_ns;
  if (packet.dropped_before == 0) return;
  option_drops_ += packet.dropped_before;
  if (awaits_drop_count_ && !ledger_spans_.empty()) {
    awaits_drop_count_ = false;
    Ring& ring = rings_[ledger_spans_.back().source_id];
    ledger_spans_.back().packets = packet.dropped_before;
    ring.dropped_before = growth(packet.dropped_before, ring.dropped_before);
    ring.received_before = growth(packet.dropped_before, ring.received_before);
  }
  add_span(option_spans_,
           {packet.interface_id, last_packet_ns_, packet.timestamp_ns, packet.dropped_before});
}

// The first head of a ring in this file: the opening ledger, where there is one. In older files it
// is a block's, and what came before follows from it: in the first file of a recording nothing; in
// a later one the counts of the earlier files are in it already.
void LossAccount::add_first_head(Ring& ring, const BlockHead& head) {
  if (mark_ && head.sequence == 0 && head.packet_count == 0 && section_packets_ == 0) {
    ring.received_before = head.received;
    ring.dropped_before = head.dropped;
    ring.packets_before = head.output_packets;
    return;
  }
  // Without a sequence it is the closing ledger, and how many packets came before is not known.
  const bool closing = head.sequence == 0;
  ring.baseline_known = !closing || head.output_packets == 0;
  if (!closing && !is_old_stripe()) {
    ring.packets_before = growth(head.packet_count, head.output_packets);
  }
  const bool is_later_file = ring.packets_before > 0;
  ring.dropped_before = is_later_file ? head.dropped : 0;
  ring.received_before = ring.packets_before + ring.dropped_before;
  if (head.loss_begin_ns == 0 && growth(ring.dropped_before, head.dropped) == 0) return;
  awaits_drop_count_ = is_later_file;
  add_span(ledger_spans_, {head.ring, head.loss_begin_ns, head.loss_end_ns,
                           growth(ring.dropped_before, head.dropped)});
}

void LossAccount::add_later_head(Ring& ring, const BlockHead& head) {
  const bool closing = head.sequence == 0 && head.packet_count == 0;
  const std::uint64_t dropped = growth(ring.last.dropped, head.dropped);
  if (dropped > 0) {
    LossSpan span{head.ring, head.loss_begin_ns, head.loss_end_ns, dropped};
    // The block that says when went to another stripe: since the block before on this one.
    if (span.from_ns == 0) {
      span.from_ns = last_packet_ns_;
      open_span_ = !closing && ledger_spans_.size() < kMaxLossSpans;
    }
    add_span(ledger_spans_, span);
  }
  const bool both_numbered = head.sequence != 0 && ring.last.sequence != 0 && stripes_ == 1;
  if (both_numbered && head.sequence != ring.last.sequence + 1) ++sequence_gaps_;
}

void LossAccount::add_head(const BlockHead& head, std::uint64_t offset) {
  if (uneven_head_offset_ == 0 && packets_since_head_ != open_head_packets_) {
    uneven_head_offset_ = std::max<std::uint64_t>(open_head_offset_, 1);
  }
  packets_since_head_ = 0;
  open_head_packets_ = head.packet_count;
  open_head_offset_ = offset;
  close_.reset();
  if (!rings_.contains(head.ring) && rings_.size() == kMaxSources) return;
  const auto [entry, is_first] = rings_.try_emplace(head.ring);
  Ring& ring = entry->second;
  if (is_first) {
    add_first_head(ring, head);
  } else {
    add_later_head(ring, head);
  }
  if (head.sequence != 0) ++ring.blocks;
  ring.last = head;
  ring.closed = false;
  closing_ring_.reset();
  if (head.sequence == 0 && head.packet_count == 0) closing_ring_ = head.ring;
}

void LossAccount::add_close(const FileClose& close) {
  close_ = close;
  packets_at_close_ = section_packets_;
}

void LossAccount::check_conservation(std::uint64_t expected, bool baselines_known,
                                     const FileState& state) {
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
  // The file itself says why.
  const std::optional<CloseReason> reason = close_reason();
  if (!state.ends_cleanly || state.being_written ||
      (reason && *reason != CloseReason::kEnded && *reason != CloseReason::kTurned)) {
    return;
  }
  report_.problems.push_back(fmt::format(
      "{} packets that the loss ledger counts are not in the file{}{}", missing, place,
      sequence_gaps_ == 0 ? "" : fmt::format("; {} gaps in the block numbers", sequence_gaps_)));
}

// Behind the close nothing may stand that it did not know of.
std::optional<CloseReason> LossAccount::close_reason() const noexcept {
  if (!close_ || packets_at_close_ != section_packets_) return std::nullopt;
  return static_cast<CloseReason>(close_->reason);
}

void LossAccount::weaken_proof(LossProof proof, std::string reason) {
  if (proof_begun_ && proof >= report_.proof) return;
  proof_begun_ = true;
  report_.proof = proof;
  report_.proof_reason = std::move(reason);
}

// Older files have no FileClose: they are whole when every interface's ring has counts alone as its
// last head, and the statistics that belong to it.
bool LossAccount::has_closing_ledger() const {
  const std::optional<CloseReason> reason = close_reason();
  if (mark_) {
    return reason && *reason != CloseReason::kRepaired && *reason != CloseReason::kSalvaged;
  }
  return !reason && rings_.size() >= section_interfaces_ &&
         std::all_of(rings_.begin(), rings_.end(),
                     [](const auto& entry) { return entry.second.closed; });
}

void LossAccount::judge_proof(const FileState& state) {
  const std::optional<CloseReason> reason = close_reason();
  if (is_old_stripe()) {
    weaken_proof(
        LossProof::kUnknown,
        fmt::format("a file of stripe {} of {} made by an older Capstan does not say which "
                    "packets belong to it; all stripes together do",
                    stripe_, stripes_));
  } else if (state.being_written) {
    weaken_proof(LossProof::kUpToItsEnd, "it is still being written");
  } else if (!state.ends_cleanly) {
    weaken_proof(LossProof::kUpToItsEnd, "it does not end cleanly");
  } else if (reason == CloseReason::kRepaired || reason == CloseReason::kSalvaged) {
    weaken_proof(
        LossProof::kUpToItsEnd,
        fmt::format(
            "it was repaired: {} bytes behind its last whole record were cut{}", close_->cut_bytes,
            reason == CloseReason::kSalvaged ? ", and blocks behind a hole were moved up" : ""));
  } else if (!has_closing_ledger()) {
    weaken_proof(LossProof::kUpToItsEnd,
                 "it has no closing ledger: it was cut, or what wrote it was killed");
  } else {
    weaken_proof(LossProof::kProved, "its closing ledger agrees with its packets");
  }
}

void LossAccount::end_ledger_section(const FileState& state) {
  std::uint64_t expected = 0;
  bool baselines_known = !is_old_stripe();
  for (const auto& [id, ring] : rings_) {
    RingLoss loss;
    loss.section = section_;
    loss.ring = id;
    loss.dropped = growth(ring.dropped_before, ring.last.dropped);
    loss.packets = growth(ring.packets_before, ring.last.output_packets);
    // Of older files only this is sure of rings that began in an earlier one.
    loss.received = std::max(growth(ring.received_before, ring.last.received),
                             loss.packets + (stripes_ == 1 ? loss.dropped : 0));
    loss.freezes = ring.last.freezes;
    loss.blocks = ring.blocks;
    expected += loss.packets;
    baselines_known = baselines_known && ring.baseline_known;
    report_.received += loss.received;
    report_.dropped += loss.dropped;
    report_.rings.push_back(loss);
  }
  add_interface_drops();
  check_conservation(expected, baselines_known, state);
  for (const LossSpan& span : ledger_spans_) add_span(report_.spans, span);
  judge_proof(state);
  report_.close_reason = close_reason();
  report_.has_closing_ledger = has_closing_ledger();
  report_.disk_refused = report_.disk_refused || report_.close_reason == CloseReason::kDiskRefused;
}

void LossAccount::end_section(const FileState& state) {
  LossSource source = LossSource::kNone;
  const bool has_statistics =
      std::any_of(interfaces_.begin(), interfaces_.end(),
                  [](const auto& entry) { return entry.second.counts_drops; });
  if (!rings_.empty()) {
    source = LossSource::kLedger;
    end_ledger_section(state);
  } else if (has_statistics) {
    source = LossSource::kStatistics;
    end_statistics_section();
  } else if (option_drops_ > 0) {
    source = LossSource::kPacketOptions;
    report_.dropped += option_drops_;
    for (const LossSpan& span : option_spans_) add_span(report_.spans, span);
  }
  if (source != LossSource::kLedger && (section_packets_ > 0 || mark_)) all_with_ledger_ = false;
  report_.source = std::max(report_.source, source);
  end_place();
  report_.stripe = stripe_;
  report_.stripes = stripes_;
  ++section_;
  rings_.clear();
  interfaces_.clear();
  ledger_spans_.clear();
  statistics_spans_.clear();
  option_spans_.clear();
  close_.reset();
  section_packets_ = packets_since_head_ = open_head_packets_ = option_drops_ = 0;
  last_packet_ns_ = uneven_head_offset_ = sequence_gaps_ = section_interfaces_ = 0;
  awaits_drop_count_ = open_span_ = false;
  closing_ring_.reset();
}

LossReport LossAccount::finish(const FileState& state) {
  if (in_section_) end_section(state);
  in_section_ = false;
  report_.whole_file = report_.source == LossSource::kLedger && all_with_ledger_;
  if (report_.source != LossSource::kLedger) {
    report_.proof = LossProof::kUnknown;
    report_.proof_reason = "it has no loss ledger";
  } else if (!all_with_ledger_) {
    report_.proof = LossProof::kUnknown;
    report_.proof_reason = "a part of it has no loss ledger";
  }
  return report_;
}

}  // namespace capstan
