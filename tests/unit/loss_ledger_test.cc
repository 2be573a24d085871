// LossLedger against a simulated ring: whatever the order of reading and releasing, no loss is
// forgotten, none is told twice, and each is told at a block behind the gap and not before it.
#include "engine/capture/loss_ledger.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace capstan {
namespace {

TEST(LossLedger, NothingLostIsNothingToSay) {
  LossLedger ledger(4);
  ledger.note(0, 0, 1, 1);
  const LedgerEntry entry = ledger.take_until(100);
  EXPECT_EQ(entry.dropped, 0U);
  EXPECT_EQ(entry.freezes, 0U);
  EXPECT_EQ(ledger.take_rest().dropped, 0U);
}

TEST(LossLedger, AGapLiesBehindAFullRing) {
  LossLedger ledger(4);
  ledger.note(0, 0, 1, 5);
  ledger.note(10, 1, 1, 5);  // full: blocks 1 to 4 are filled and taken, 1 is held
  EXPECT_EQ(ledger.take_until(4).dropped, 0U);
  const LedgerEntry entry = ledger.take_until(5);
  EXPECT_EQ(entry.dropped, 10U);
  EXPECT_EQ(entry.freezes, 1U);
  EXPECT_EQ(entry.first_sequence, 5U);
  EXPECT_EQ(entry.sequence, 5U);
  EXPECT_EQ(ledger.take_until(6).dropped, 0U) << "told twice";
}

// tpacket_rcv() gives up on a packet while another CPU closes a block, when a quarter is free.
TEST(LossLedger, ADropWithoutAFreezeMayLieInTheLastQuarter) {
  LossLedger ledger(16);
  ledger.note(0, 0, 1, 3);
  ledger.note(2, 0, 1, 15);
  const LedgerEntry entry = ledger.take_until(17);
  EXPECT_EQ(entry.dropped, 2U);
  EXPECT_EQ(entry.freezes, 0U);
  EXPECT_EQ(entry.first_sequence, 13U);
  EXPECT_EQ(entry.sequence, 17U);
}

TEST(LossLedger, ReadingsOfTheSameGapAddUp) {
  LossLedger ledger(2);
  for (int i = 0; i < 100; ++i) ledger.note(1, 0, 1, 3);
  EXPECT_EQ(ledger.take_until(3).dropped, 100U);
}

// The kernel's side: fills blocks in order, drops while the next one is not free, and now and then
// when it closes a block and less than a quarter is. Ours: reads the
// counters and takes blocks at random moments, gives them back in any order.
class SimulatedRing {
 public:
  SimulatedRing(std::uint32_t blocks, unsigned seed)
      : blocks_(blocks), random_(seed), ledger_(blocks) {}

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      switch (random_() % 4) {
        case 0:
        case 1:
          packet_burst();
          break;
        case 2:
          take_block();
          break;
        default:
          release_one();
      }
      if (random_() % 3 == 0) read_statistics();
      if (testing::Test::HasFailure()) return;
    }
    read_statistics();
    told_ += ledger_.take_rest().dropped;
    EXPECT_EQ(told_, dropped_);
  }

 private:
  bool ring_full() const { return filled_ - released_in_order_ >= blocks_; }

  void packet_burst() {
    for (auto i = random_() % 5; i > 0; --i) {
      if (ring_full()) {
        dropped_ += 3;
        unread_dropped_ += 3;
        gaps_[filled_ + 1] += 3;  // in front of the next block to be filled
      } else {
        ++filled_;
        // The block just closed and the one a quarter ahead of it were looked at.
        const std::uint64_t ahead = blocks_ < 4 ? blocks_ : blocks_ / 4;
        if (filled_ + ahead > released_in_order_ + blocks_ && random_() % 4 == 0) {
          dropped_ += 1;
          unread_dropped_ += 1;
          gaps_[filled_ + 1] += 1;
        }
      }
    }
  }

  void read_statistics() {
    ledger_.note(unread_dropped_, unread_dropped_ != 0 ? 1 : 0, released_in_order_ + 1, taken_ + 1);
    unread_dropped_ = 0;
  }

  // As capture_thread does: the counters first, then what is to be said in front of this block.
  void take_block() {
    if (taken_ == filled_) return;
    read_statistics();
    const LedgerEntry entry = ledger_.take_until(++taken_);
    held_.push_back(taken_);
    told_ += entry.dropped;
    EXPECT_LE(told_, lost_between(0, taken_)) << "a loss was told in front of where it happened";
    // The kernel does not say when it dropped, so a gap may be told up to one ring late.
    EXPECT_GE(told_, lost_between(0, taken_ > blocks_ ? taken_ - blocks_ : 0))
        << "a loss was not told at block " << taken_;
    if (entry.dropped != 0) {
      EXPECT_LE(entry.sequence, taken_);
      EXPECT_GE(lost_between(entry.first_sequence, entry.sequence), entry.dropped)
          << "not between the blocks named: " << entry.first_sequence << " " << entry.sequence;
    }
  }

  std::uint64_t lost_between(std::uint64_t first, std::uint64_t last) const {
    std::uint64_t sum = 0;
    for (const auto& [sequence, dropped] : gaps_) {
      if (sequence >= first && sequence <= last) sum += dropped;
    }
    return sum;
  }

  void release_one() {
    if (held_.empty()) return;
    // Any held block; what the kernel waits for is the oldest.
    const std::size_t which = random_() % held_.size();
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
    released_in_order_ = held_.empty() ? taken_ : held_.front() - 1;
  }

  std::uint64_t blocks_;
  std::mt19937 random_;
  LossLedger ledger_;
  std::uint64_t filled_ = 0;  // the newest block the kernel has filled
  std::uint64_t taken_ = 0;
  std::uint64_t released_in_order_ = 0;
  std::deque<std::uint64_t> held_;  // ascending
  std::uint64_t dropped_ = 0;
  std::uint64_t unread_dropped_ = 0;
  std::map<std::uint64_t, std::uint64_t> gaps_;
  std::uint64_t told_ = 0;
};

TEST(LossLedger, EveryLossIsToldOnceAndInItsPlace) {
  const unsigned base = std::random_device{}();
  std::printf("seed %u\n", base);
  for (unsigned run = 0; run < 200; ++run) {
    SimulatedRing ring(2 + run % 19, base + run);
    ring.run(300);
    if (HasFailure()) FAIL() << "seed " << base + run;
  }
}

TEST(LossLedger, WhatABlockHadNoPlaceForIsToldByTheNext) {
  LossLedger ledger(8);
  ledger.note(5, 1, 1, 3);
  const LedgerEntry taken = ledger.take_until(9);
  EXPECT_EQ(taken.dropped, 5U);
  ledger.put_back(taken);  // nothing in the block could be sealed
  ledger.note(2, 1, 2, 4);
  const LedgerEntry next = ledger.take_until(10);
  EXPECT_EQ(next.dropped, 7U);
  EXPECT_EQ(next.freezes, 2U);
  EXPECT_EQ(next.first_sequence, taken.first_sequence);
  ledger.put_back({});
  EXPECT_EQ(ledger.take_rest().dropped, 0U);
  // As many as ever wait: nothing is allocated, nothing forgotten.
  for (std::uint64_t i = 0; i < 30; ++i) ledger.note(1, 0, 3 + i, 4 + i);
  LedgerEntry some = ledger.take_until(12);
  const std::uint64_t before = some.dropped;
  ledger.put_back(some);
  EXPECT_EQ(ledger.take_rest().dropped, 30U);
  EXPECT_GT(before, 0U);
}

}  // namespace
}  // namespace capstan
