#include "engine/capture/loss_ledger.h"

#include <algorithm>
#include <limits>

namespace capstan {

LossLedger::LossLedger(std::uint32_t block_count) : block_count_(block_count) {
  waiting_.reserve(block_count + 2);
}

void LossLedger::note(std::uint64_t dropped, std::uint64_t freezes, std::uint64_t oldest_unreleased,
                      std::uint64_t next) noexcept {
  if (dropped != 0 || freezes != 0) {
    // Of fewer than four blocks the kernel looks at the one being closed twice.
    const std::uint64_t ahead = block_count_ < 4 ? block_count_ : block_count_ / 4;
    const std::uint64_t nearly_full = oldest_at_last_reading_ + block_count_ - ahead;
    LedgerEntry entry{std::max(nearly_full, next_at_last_reading_),
                      oldest_unreleased + block_count_, dropped, freezes};
    if (!waiting_.empty() &&
        (waiting_.back().sequence == entry.sequence || waiting_.size() == waiting_.capacity())) {
      LedgerEntry& last = waiting_.back();
      last.dropped += dropped;
      last.freezes += freezes;
      last.sequence = entry.sequence;
    } else {
      waiting_.push_back(entry);
    }
  }
  oldest_at_last_reading_ = oldest_unreleased;
  next_at_last_reading_ = next;
}

LedgerEntry LossLedger::take_until(std::uint64_t sequence) noexcept {
  LedgerEntry sum;
  std::size_t taken = 0;
  while (taken < waiting_.size() && waiting_[taken].sequence <= sequence) {
    const LedgerEntry& entry = waiting_[taken];
    sum.first_sequence =
        taken == 0 ? entry.first_sequence : std::min(sum.first_sequence, entry.first_sequence);
    sum.sequence = entry.sequence;
    sum.dropped += entry.dropped;
    sum.freezes += entry.freezes;
    ++taken;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken));
  return sum;
}

void LossLedger::put_back(const LedgerEntry& entry) noexcept {
  if (entry.dropped == 0 && entry.freezes == 0) return;
  if (waiting_.size() < waiting_.capacity()) {
    waiting_.insert(waiting_.begin(), entry);
    return;
  }
  LedgerEntry& first = waiting_.front();
  first.first_sequence = std::min(first.first_sequence, entry.first_sequence);
  first.dropped += entry.dropped;
  first.freezes += entry.freezes;
}

LedgerEntry LossLedger::take_rest() noexcept {
  return take_until(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace capstan
