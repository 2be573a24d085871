// Packets out of order are put in order within the window, and a jump of the clock orders nothing.
#include "engine/flow/packet_sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/flow/arrival_clock.h"

namespace capstan {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kNow = 1'700'000'000 * kSecond;

class Sorted {
 public:
  explicit Sorted(bool copy, PacketSorterLimits limits = {}) : sorter(copy, limits) {}

  void add(std::uint64_t time_ns) {
    // A packet says which it is; its bytes are gone after the call.
    std::vector<std::uint8_t> bytes(8);
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(time_ns >> (8 * i));
    PacketView view;
    view.data = bytes.data();
    view.caplen = view.wirelen = 8;
    view.timestamp_ns = time_ns;
    sorter.add(view, [this](std::span<const PacketView> due) { take(due); });
  }
  void flush() {
    sorter.flush([this](std::span<const PacketView> due) { take(due); });
  }
  void take(std::span<const PacketView> due) {
    for (const PacketView& view : due) {
      std::uint64_t told = 0;
      for (std::size_t i = 0; i < 8; ++i) told |= std::uint64_t{view.data[i]} << (8 * i);
      EXPECT_EQ(told, view.timestamp_ns);
      times.push_back(view.timestamp_ns);
    }
  }

  PacketSorter sorter;
  std::vector<std::uint64_t> times;
};

TEST(PacketSorter, ATenthOfASecondOfDisorderIsPutRight) {
  std::mt19937_64 random(20261128);
  Sorted sorted(true);
  std::vector<std::uint64_t> sent;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    sent.push_back(kNow + i * 1'000'000 + random() % 200'000'000);
    sorted.add(sent.back());
  }
  sorted.flush();
  std::sort(sent.begin(), sent.end());
  EXPECT_EQ(sorted.times, sent);
  EXPECT_GT(sorted.sorter.put_in_order(), 1000U);
}

TEST(PacketSorter, OverAJumpTheFilesOrderStays) {
  Sorted sorted(true);
  const std::vector<std::uint64_t> sent = {
      kNow, kNow + 1, kNow + 1'000'000 * kSecond, kNow + 2, kNow - 7'200 * kSecond, 0, kNow + 3};
  for (const std::uint64_t time_ns : sent) sorted.add(time_ns);
  sorted.flush();
  EXPECT_EQ(sorted.times, sent);
}

TEST(PacketSorter, EqualTimesKeepTheirOrderAndTheBoundHolds) {
  PacketSorterLimits limits;
  limits.max_packets = 64;
  Sorted sorted(true, limits);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    sorted.add(kNow + 1000 - i);  // all within the window, in reverse
    EXPECT_LE(sorted.sorter.size(), 65U);
  }
  sorted.flush();
  EXPECT_EQ(sorted.times.size(), 1000U);
}

TEST(ArrivalClock, RunsWithPacketsAndStandsStillOverJumps) {
  ArrivalClock clock;
  clock.on_packet(kNow);
  clock.on_packet(kNow + kSecond);
  EXPECT_EQ(clock.now_ns(), kSecond);
  clock.on_packet(kNow + 1'000'000 * kSecond);  // a stray one
  clock.on_packet(kNow + 2 * kSecond);
  clock.on_packet(kNow + 3 * kSecond);
  EXPECT_EQ(clock.now_ns(), 2 * kSecond);
  // Disorder does not add up.
  for (int i = 0; i < 1000; ++i) clock.on_packet(kNow + (i % 2 == 0 ? 3 : 4) * kSecond);
  EXPECT_EQ(clock.now_ns(), 3 * kSecond);
}

TEST(ArrivalClock, TicksRuleOnceTheyCome) {
  ArrivalClock clock;
  clock.on_tick(5 * kSecond);
  clock.on_packet(kNow);
  clock.on_packet(kNow + kSecond);
  EXPECT_EQ(clock.now_ns(), 0U);
  clock.on_tick(9 * kSecond);
  EXPECT_EQ(clock.now_ns(), 4 * kSecond);
}

}  // namespace
}  // namespace capstan
