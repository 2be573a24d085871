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
  has_ledger_ = true;
  const auto known = rings_.find(head.ring);
  if (known == rings_.end()) {
    if (rings_.size() == kMaxRings) return;
    if (head.magic == kBlockHeadMagic && head.sequence == 0) {  // the opening ledger
      rings_[head.ring] = {head.received, head.dropped};
      return;
    }
    const std::uint64_t packets = growth(head.dropped, head.received);
    const std::uint64_t before = head.sequence == 0 ? 0 : growth(head.packet_count, packets);
    rings_[head.ring] = {head.received, head.dropped};
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
  add_loss(growth(ring.dropped, head.dropped), head.loss_begin_ns, head.loss_end_ns);
  ring = {head.received, head.dropped};
}

void LedgerGain::add_drop_count(std::uint64_t dropped) noexcept {
  if (!awaits_drop_count_) return;
  awaits_drop_count_ = false;
  received_ += dropped;
  add_loss(dropped, awaiting_.loss_begin_ns, awaiting_.loss_end_ns);
}

void LedgerGain::take(IndexBlock& block) noexcept {
  block.received = received_;
  block.dropped = dropped_;
  block.loss_begin_ns = dropped_ != 0 ? begin_ns_ : 0;
  block.loss_end_ns = dropped_ != 0 ? end_ns_ : 0;
  received_ = dropped_ = begin_ns_ = end_ns_ = 0;
}

}  // namespace capstan
