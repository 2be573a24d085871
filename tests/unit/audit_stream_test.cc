// TCP reassembly: order, overlap, gaps, bounds.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/flow/stream.h"

namespace capstan {
namespace {

class Collected final : public StreamSink {
 public:
  void on_stream_bytes(std::span<const std::uint8_t> bytes, std::uint64_t offset) override {
    EXPECT_EQ(offset, next);
    next += bytes.size();
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_stream_gap(std::uint64_t count) override {
    next += count;
    text += '[' + std::to_string(count) + ']';
  }
  std::string text;
  std::uint64_t next = 0;
};

class StreamTest : public testing::Test {
 protected:
  void add(std::uint32_t sequence, const std::string& text, bool syn = false,
           std::uint32_t missing = 0) {
    stream.add(sequence, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, syn,
               missing, sink, pool, counters);
  }
  void finish() {
    stream.finish(sink, pool, counters);
    EXPECT_EQ(pool.used_bytes(), 0U);
  }

  BufferPool pool{1U << 20};
  StreamCounters counters;
  Collected sink;
  StreamDirection stream;
};

TEST_F(StreamTest, InOrderAcrossTheWrapOfSequenceNumbers) {
  add(0xfffffffd, "", true);
  add(0xfffffffe, "abcd");
  add(2, "ef");
  finish();
  EXPECT_EQ(sink.text, "abcdef");
}

TEST_F(StreamTest, OutOfOrderIsPutInOrder) {
  add(100, "", true);
  add(104, "def");
  add(107, "ghi");
  EXPECT_EQ(sink.text, "");
  add(101, "abc");
  EXPECT_EQ(sink.text, "abcdefghi");
  EXPECT_EQ(counters.out_of_order, 2U);
  finish();
}

TEST_F(StreamTest, RetransmissionsAndOverlapsAddNothingTwice) {
  add(100, "", true);
  add(101, "abc");
  add(101, "abc");
  add(102, "bcde");
  finish();
  EXPECT_EQ(sink.text, "abcde");
  EXPECT_EQ(counters.retransmitted, 1U);
  EXPECT_EQ(counters.overlaps, 1U);
}

TEST_F(StreamTest, OfTwoStoriesTheFirstIsBelievedAndTheDifferenceNoted) {
  add(100, "", true);
  add(104, "PASS");
  add(102, "xxXXXXyy");
  EXPECT_TRUE(stream.conflict());
  add(101, "-");
  finish();
  EXPECT_EQ(sink.text, "-xxPASSyy");
  EXPECT_EQ(counters.overlap_conflicts, 1U);
}

TEST_F(StreamTest, KeepaliveProbeIsNothing) {
  add(100, "", true);
  add(101, "abc");
  add(103, "c");
  add(104, "d");
  finish();
  EXPECT_EQ(sink.text, "abcd");
}

TEST_F(StreamTest, MidStreamPickUpBeginsWithTheFirstSegment) {
  add(5000, "hello");
  add(4990, "old");
  add(5005, " world");
  finish();
  EXPECT_EQ(sink.text, "hello world");
}

TEST_F(StreamTest, AcknowledgedHoleIsAGap) {
  add(100, "", true);
  add(111, "later");
  EXPECT_EQ(sink.text, "");
  stream.acknowledged(111, sink, pool, counters);
  EXPECT_EQ(sink.text, "");  // up to the hole's end, not past it: it may still come
  stream.acknowledged(116, sink, pool, counters);
  EXPECT_EQ(sink.text, "[10]later");
  EXPECT_EQ(counters.gaps, 1U);
  finish();
}

TEST_F(StreamTest, HoleAtTheEndIsAGap) {
  add(100, "", true);
  add(101, "a");
  add(103, "c");
  add(105, "e");
  finish();
  EXPECT_EQ(sink.text, "a[1]c[1]e");
}

TEST_F(StreamTest, CutSegmentsLeaveAGap) {
  add(100, "", true);
  add(101, "abc", false, 7);
  add(111, "next");
  finish();
  EXPECT_EQ(sink.text, "abc[7]next");
}

TEST_F(StreamTest, FarAheadGivesTheHoleUp) {
  add(100, "", true);
  add(101 + StreamDirection::kWindow, "far");
  EXPECT_EQ(sink.text, "[" + std::to_string(StreamDirection::kWindow) + "]far");
  EXPECT_EQ(counters.refused, 1U);
  finish();
}

// What lies exactly between ahead and behind: 2^31 has no negative.
TEST_F(StreamTest, HalfTheSequenceSpaceAwayIsOld) {
  add(100, "", true);
  add(101, "abc");
  add(104 + 0x80000000U, "x");
  add(104, "d");
  finish();
  EXPECT_EQ(sink.text, "abcd");
  EXPECT_EQ(counters.retransmitted, 1U);
}

TEST_F(StreamTest, SecondSynReplacesTheFirstBeforeData) {
  add(100, "", true);
  add(9000, "", true);
  add(9001, "abc");
  finish();
  EXPECT_EQ(sink.text, "abc");
}

// Whatever the order and the cutting, the text comes out as it was or with its holes named, and
// nothing is held afterwards.
TEST_F(StreamTest, AnyOrderGivesTheSameText) {
  const unsigned seed = 20261123;
  std::mt19937 random(seed);
  std::string whole;
  for (int i = 0; i < 8000; ++i) whole.push_back(static_cast<char>('a' + i % 26));
  for (int round = 0; round < 50; ++round) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pieces;
    for (std::uint32_t at = 0; at < whole.size();) {
      const auto size = static_cast<std::uint32_t>(1 + random() % 400);
      pieces.emplace_back(at, size);
      at += static_cast<std::uint32_t>(1 + random() % size);  // overlaps
    }
    // Shuffled within a window small enough not to run out of ranges.
    for (std::size_t i = 0; i + 20 < pieces.size(); i += 20) {
      std::shuffle(pieces.begin() + static_cast<std::ptrdiff_t>(i),
                   pieces.begin() + static_cast<std::ptrdiff_t>(i + 20), random);
    }
    StreamDirection one;
    Collected out;
    one.add(7, {}, true, 0, out, pool, counters);
    for (const auto& [at, size] : pieces) {
      const std::string text = whole.substr(at, size);
      one.add(8 + at, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, false, 0,
              out, pool, counters);
    }
    one.finish(out, pool, counters);
    EXPECT_EQ(out.text, whole) << "seed " << seed << " round " << round;
    EXPECT_EQ(pool.used_bytes(), 0U);
  }
}

TEST(BufferPoolTest, WipesAndBounds) {
  BufferPool pool(BufferPool::kLargest * 2);
  const std::span<std::uint8_t> first = pool.allocate(BufferPool::kLargest);
  const std::span<std::uint8_t> second = pool.allocate(300);
  ASSERT_EQ(second.size(), 1024U);
  EXPECT_TRUE(pool.allocate(BufferPool::kLargest).empty());
  EXPECT_EQ(pool.refusals(), 1U);
  std::fill(second.begin(), second.end(), 0x5a);
  pool.release(second, second.size());
  for (std::size_t i = sizeof(void*); i < second.size(); ++i) ASSERT_EQ(second[i], 0);
  pool.release(first, 0);
  EXPECT_EQ(pool.used_bytes(), 0U);
}

TEST(CarryBufferTest, AppendsConsumesAndForgets) {
  BufferPool pool(1U << 20);
  CarryBuffer carry;
  const std::vector<std::uint8_t> piece(200, 7);
  for (int i = 0; i < 81; ++i) ASSERT_TRUE(carry.append(piece, pool));
  EXPECT_FALSE(carry.append(piece, pool));  // 16400 bytes are more than the largest
  carry.consume(16000, pool);
  EXPECT_EQ(carry.size(), 200U);
  ASSERT_TRUE(carry.append(piece, pool));
  EXPECT_EQ(carry.bytes()[399], 7);
  carry.consume(400, pool);
  EXPECT_EQ(pool.used_bytes(), 0U);
}

}  // namespace
}  // namespace capstan
