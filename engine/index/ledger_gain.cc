#include "engine/index/ledger_gain.h"

#include <algorithm>

namespace capstan {

namespace {

constexpr std::size_t kMaxRings = 4096;  // more than any recording has
constexpr std::uint64_t kForEver = ~std::uint64_t{0};

std::uint64_t growth(std::uint64_t from, std::uint64_t to) noexcept {
  return to > from ? to - from : 0;
}

}  // namespace

void LedgerGain::add_loss(std::uint64_t dropped, std::uint64_t begin_ns,
                          std::uint64_t end_ns) noexcept {
  if (dropped == 0) return;
  if (end_ns < begin_ns) end_ns = end_ns == 0 ? kForEver : begin_ns;
  begin_ns_ = dropped_ == 0 ? begin_ns : std::min(begin_ns_, begin_ns);
  end_ns_ = std::max(end_ns_, end_ns);
  dropped_ += dropped;
}

void LedgerGain::add_head(const BlockHead& head) {
  const auto known = rings_.find(head.ring);
  if (known == rings_.end()) {
    if (rings_.size() == kMaxRings) return;
    rings_[head.ring] = {head.received, head.dropped};
    const bool counts_alone = head.sequence == 0 && head.packet_count == 0;
    if (counts_alone && !section_has_packets_) return;  // the opening ledger
    const std::uint64_t packets = growth(head.dropped, head.received);
    const std::uint64_t before = head.sequence == 0 ? 0 : growth(head.packet_count, packets);
    if (before == 0) {
      received_ += head.received;
      add_loss(head.dropped, head.loss_begin_ns, head.loss_end_ns);
    } else {
      received_ += head.packet_count;
      awaits_drop_count_ = head.loss_begin_ns != 0;
      awaiting_ = head;
    }
    return;
  }
  Ring& ring = known->second;
  received_ += growth(ring.received, head.received);
  const std::uint64_t dropped = growth(ring.dropped, head.dropped);
  ring = {head.received, head.dropped};
  if (dropped != 0 && head.loss_begin_ns == 0 && head.loss_end_ns == 0) {
    // The block that says when went to another stripe: since the packet before on this one, until
    // the one behind; behind the last packet, for ever.
    add_loss(dropped, last_packet_ns_, kForEver);
    open_end_ = head.sequence != 0;
    return;
  }
  add_loss(dropped, head.loss_begin_ns, head.loss_end_ns);
}

void LedgerGain::end_loss(std::uint64_t timestamp_ns, std::uint64_t dropped_before) noexcept {
  if (open_end_) {
    open_end_ = false;
    end_ns_ = std::max(timestamp_ns, begin_ns_);
  }
  if (!awaits_drop_count_ || dropped_before == 0) return;
  awaits_drop_count_ = false;
  received_ += dropped_before;
  add_loss(dropped_before, awaiting_.loss_begin_ns, awaiting_.loss_end_ns);
}

void LedgerGain::take(IndexBlock& block) noexcept {
  block.received = received_;
  block.dropped = dropped_;
  block.loss_begin_ns = dropped_ != 0 ? begin_ns_ : 0;
  block.loss_end_ns = dropped_ != 0 ? end_ns_ : 0;
  received_ = dropped_ = begin_ns_ = end_ns_ = 0;
}

void take_losses(const LossReport& loss, IndexedFile& file) {
  file.has_ledger = loss.source == LossSource::kLedger;
  file.ledger_disputed = file.has_ledger && (!loss.whole_file || !loss.problems.empty());
  file.interface_dropped = loss.interface_dropped;
  file.missing = loss.missing;
  file.place = loss.recording;
  file.place_known = !loss.place_unknown;
}

}  // namespace capstan
