// Packets of several rings in one order, and none held up by a ring that is silent or by a clock
// that is elsewhere.
#include "writers/recording/packet_merge.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/format/pcapng.h"
#include "tests/support/test_ring.h"

namespace capstan::test {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kWindowNs = 250 * kMs;
constexpr std::uint64_t kWallNs = 1'700'000'000'000'000'000;
constexpr std::uint16_t kLinkTypes[] = {link_type::kEthernet, link_type::kEthernet,
                                        link_type::kEthernet};

class Merging : public ::testing::Test {
 protected:
  Merging() {
    for (std::uint16_t ring = 0; ring < 3; ++ring) {
      rings_.push_back(std::make_unique<TestRing>(ring, ring, 1U << 16));
    }
  }

  // A block with packets of these times, received by ring `ring` at `now_ns`.
  void receive(std::uint16_t ring, std::uint64_t now_ns, const std::vector<std::uint64_t>& times) {
    std::vector<RingFrame> frames;
    for (const std::uint64_t time : times) {
      RingFrame& frame = frames.emplace_back();
      frame.data.assign(60, 0);
      frame.timestamp_ns = time;
    }
    merge_.add(rings_[ring]->make(frames, SealLedger{}), now_ns);
  }

  // What may go out at `now_ns`, as (ring, time since kWallNs in ms).
  std::vector<std::pair<std::size_t, std::int64_t>> out(std::uint64_t now_ns) {
    std::vector<std::pair<std::size_t, std::int64_t>> packets;
    while (const auto next = merge_.next(now_ns)) {
      packets.emplace_back(next->ring,
                           static_cast<std::int64_t>(next->packet.timestamp_ns) / 1'000'000 -
                               static_cast<std::int64_t>(kWallNs / kMs));
    }
    return packets;
  }

  using Out = std::vector<std::pair<std::size_t, std::int64_t>>;
  std::vector<std::unique_ptr<TestRing>> rings_;
  PacketMerge merge_{{8, 8, 8}, kLinkTypes, kWindowNs};
};

TEST_F(Merging, GoesByTimeWhenEveryRingHasShownWhatComesNext) {
  receive(0, 0, {kWallNs + 10 * kMs, kWallNs + 30 * kMs});
  receive(1, 0, {kWallNs + 20 * kMs, kWallNs + 40 * kMs});
  EXPECT_EQ(out(0), Out{});  // the third may show something older
  receive(2, 5, {kWallNs + 35 * kMs});
  EXPECT_EQ(out(5), (Out{{0, 10}, {1, 20}, {0, 30}}));  // the first is empty: it may show 31 to 35
  EXPECT_EQ(out(PacketMerge::kAllHaveCome), (Out{{2, 35}, {1, 40}}));
  EXPECT_TRUE(merge_.empty());
}

TEST_F(Merging, ASilentRingIsWaitedForNoLongerThanTheWindow) {
  receive(0, 1'000 * kMs, {kWallNs});
  EXPECT_EQ(out(1'000 * kMs + kWindowNs - 1), Out{});
  EXPECT_EQ(out(1'000 * kMs + kWindowNs), (Out{{0, 0}}));
}

// From 1970 to 2106, where the ring's 32 bits of seconds end.
TEST_F(Merging, WhatTimeThePacketsHaveHoldsUpNothing) {
  for (const std::uint64_t time :
       {std::uint64_t{0}, std::uint64_t{1}, (std::uint64_t{1} << 31) * 1'000'000'000,
        (std::uint64_t{1} << 32) * 1'000'000'000 - 1}) {
    SCOPED_TRACE(time);
    receive(1, 7'000 * kMs, {time});
    EXPECT_EQ(out(7'000 * kMs + kWindowNs - 1).size(), 0U);
    EXPECT_EQ(out(7'000 * kMs + kWindowNs).size(), 1U);
    EXPECT_TRUE(merge_.empty());
  }
}

TEST_F(Merging, WhatWasReceivedBeforeAnOverduePacketGoesInFrontOfIt) {
  receive(0, 1'000 * kMs, {kWallNs + 50 * kMs});
  receive(1, 1'200 * kMs, {kWallNs + 40 * kMs, kWallNs + 190 * kMs});  // its block began earlier
  EXPECT_EQ(out(1'000 * kMs + kWindowNs), (Out{{1, 40}, {0, 50}}));
  EXPECT_EQ(out(1'200 * kMs + kWindowNs), (Out{{1, 190}}));
}

// An adapter's clock that runs in TAI is 37 s ahead. Its packets wait for the window and no longer,
// however much the others bring, and the order of the others does not suffer.
TEST_F(Merging, ARingOnAClockThatIsAheadNeitherWaitsNorHurriesTheOthers) {
  const std::uint64_t tai = kWallNs + 37'000 * kMs;
  receive(0, 1'000 * kMs, {tai});
  receive(1, 1'100 * kMs, {kWallNs + 90 * kMs});
  receive(1, 1'200 * kMs, {kWallNs + 190 * kMs});
  EXPECT_EQ(out(1'000 * kMs + kWindowNs), (Out{{0, 37'000}}));
  receive(2, 1'290 * kMs, {kWallNs + 80 * kMs, kWallNs + 200 * kMs});
  EXPECT_EQ(out(1'290 * kMs), Out{});
  EXPECT_EQ(out(1'100 * kMs + kWindowNs), (Out{{2, 80}, {1, 90}}));
  EXPECT_EQ(out(1'200 * kMs + kWindowNs), (Out{{1, 190}}));
  EXPECT_EQ(out(1'290 * kMs + kWindowNs), (Out{{2, 200}}));
}

TEST_F(Merging, ARingOnAClockThatIsBehindHoldsUpNobody) {
  receive(0, 1'000 * kMs, {kWallNs - 3'600'000 * kMs});
  receive(1, 1'000 * kMs, {kWallNs});
  EXPECT_EQ(out(1'000 * kMs + kWindowNs), (Out{{0, -3'600'000}, {1, 0}}));
}

TEST_F(Merging, HalfARingIsNeverHeld) {
  for (std::uint64_t block = 0; block < 3; ++block) receive(0, block, {kWallNs + block * kMs});
  EXPECT_EQ(out(3), Out{});
  receive(0, 3, {kWallNs + 3 * kMs});
  EXPECT_EQ(out(3).size(), 1U);
}

}  // namespace
}  // namespace capstan::test
