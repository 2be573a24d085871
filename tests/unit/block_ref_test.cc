// BlockRef and the two queues: holds on blocks, the last one to go, and the way between two
// threads.
#include "engine/block/block_ref.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/block/best_effort_queue.h"
#include "engine/block/block_queue.h"
#include "engine/core/check.h"

namespace capstan {
namespace {

// Blocks that count how often they came back; as strict as the Ring about those that did not.
class CountingHome final : public BlockHome {
 public:
  explicit CountingHome(std::size_t count) : blocks(count) {
    for (SealedBlock& block : blocks) block.home = this;
  }
  ~CountingHome() { CAPSTAN_CHECK(released == taken, released.load(), taken); }

  BlockRef take(std::size_t index) {
    ++taken;
    blocks[index].held.store(true, std::memory_order_relaxed);  // read back by this thread
    return BlockRef::first(blocks[index]);
  }
  void release(SealedBlock& block) noexcept override {
    last_packet_count = block.packet_count;
    block.held.store(false, std::memory_order_release);  // only now may it be written again
    ++released;
  }

  std::vector<SealedBlock> blocks;
  std::uint64_t taken = 0;
  std::atomic<std::uint64_t> released{0};
  std::atomic<std::uint32_t> last_packet_count{0};
};

TEST(BlockRef, TheLastOneReleases) {
  CountingHome home(1);
  BlockRef first = home.take(0);
  BlockRef copy = first;
  BlockRef moved = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): the moved-from state is the subject
  EXPECT_EQ(home.blocks[0].references, 2U);
  moved.reset();
  EXPECT_EQ(home.released, 0U);
  moved.reset();
  EXPECT_EQ(home.released, 0U) << "a second reset of the same";
  copy = BlockRef();
  EXPECT_EQ(home.released, 1U);
}

TEST(BlockRef, AssignmentLetsGoOfTheOldBlock) {
  CountingHome home(2);
  BlockRef a = home.take(0);
  const BlockRef b = home.take(1);
  a = b;
  EXPECT_EQ(home.released, 1U);
  BlockRef& itself = a;
  a = itself;
  EXPECT_EQ(home.blocks[1].references, 2U);
}

TEST(BlockRef, DetachAndAdoptKeepTheCount) {
  CountingHome home(1);
  BlockRef block = home.take(0);
  SealedBlock* raw = block.detach();
  EXPECT_FALSE(block);
  EXPECT_EQ(home.released, 0U);
  { const BlockRef again = BlockRef::adopt(raw); }
  EXPECT_EQ(home.released, 1U);
}

TEST(BlockRef, OutlivingItsHomeIsABrokenInvariant) {
  EXPECT_DEATH(
      {
        auto home = std::make_unique<CountingHome>(1);
        const BlockRef block = home->take(0);
        home.reset();
      },
      "broken invariant");
}

TEST(BlockQueue, RefusesWhenFullAndLeavesTheBlockWithTheCaller) {
  CountingHome home(3);
  BlockQueue queue(1);
  BlockRef a = home.take(0);
  BlockRef b = home.take(1);
  EXPECT_EQ(queue.free_places(), 1U);
  EXPECT_TRUE(queue.try_push(a));
  EXPECT_FALSE(a);
  EXPECT_FALSE(queue.try_push(b));
  EXPECT_TRUE(b);
  EXPECT_EQ(queue.waiting(), 1U);
  const BlockRef out = queue.try_pop();
  EXPECT_EQ(&*out, &home.blocks[0]);
  EXPECT_FALSE(queue.try_pop());
  EXPECT_TRUE(queue.try_push(b));
}

TEST(BlockQueue, GivesBackWhatItStillCarries) {
  CountingHome home(4);
  {
    BlockQueue queue(4);
    for (std::size_t i = 0; i < 4; ++i) {
      BlockRef block = home.take(i);
      ASSERT_TRUE(queue.try_push(block));
    }
  }
  EXPECT_EQ(home.released, 4U);
}

// For ThreadSanitizer too: what is written before the hand-over is seen behind it, and what a
// consumer read is over before the block is used again.
TEST(BlockQueue, TwoThreadsAndACopyEach) {
  // Every few rounds wait for another thread's turn: on a busy machine that is what takes the time.
  constexpr std::uint32_t kRounds = 4000;
  constexpr std::size_t kBlocks = 8;
  CountingHome home(kBlocks);
  std::vector<std::uint32_t> memory(kBlocks);
  BlockQueue to_writer(kBlocks);
  BlockQueue to_decoder(kBlocks);
  std::atomic<std::uint64_t> sum{0};
  const auto consume = [&](BlockQueue& queue) {
    for (std::uint32_t seen = 0; seen < kRounds;) {
      const BlockRef block = queue.try_pop();
      if (!block) {
        std::this_thread::yield();
        continue;
      }
      const auto index = static_cast<std::size_t>(&*block - home.blocks.data());
      EXPECT_EQ(memory[index], seen);
      EXPECT_EQ(block->packet_count, seen);
      sum += memory[index];
      ++seen;
    }
  };
  std::thread writer([&] { consume(to_writer); });
  std::thread decoder([&] { consume(to_decoder); });
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    // In order, like the kernel: the oldest block must have come back.
    while (home.taken - home.released.load(std::memory_order_acquire) >= kBlocks ||
           home.blocks[round % kBlocks].references.load(std::memory_order_acquire) != 0) {
      std::this_thread::yield();
    }
    memory[round % kBlocks] = round;
    home.blocks[round % kBlocks].packet_count = round;
    BlockRef block = home.take(round % kBlocks);
    BlockRef copy = block;
    ASSERT_TRUE(to_writer.try_push(block));
    ASSERT_TRUE(to_decoder.try_push(copy));
  }
  writer.join();
  decoder.join();
  EXPECT_EQ(home.released, kRounds);
  EXPECT_EQ(sum, 2ULL * (std::uint64_t{kRounds} * (kRounds - 1) / 2));
}

TEST(BestEffortQueue, FirstInFirstOutAndRefusesWhenFull) {
  CountingHome home(4);
  BestEffortQueue queue(2);
  EXPECT_FALSE(queue.try_pop());
  for (std::size_t i = 0; i < 2; ++i) {
    BlockRef block = home.take(i);
    ASSERT_TRUE(queue.try_push(block));
    EXPECT_FALSE(block);
  }
  BlockRef third = home.take(2);
  EXPECT_FALSE(queue.try_push(third));
  EXPECT_TRUE(third);
  EXPECT_EQ(&*queue.try_pop(), &home.blocks[0]);
  EXPECT_TRUE(queue.try_push(third));
  EXPECT_EQ(&*queue.try_pop(), &home.blocks[1]);
  EXPECT_EQ(&*queue.try_pop(), &home.blocks[2]);
  EXPECT_FALSE(queue.try_pop());
}

TEST(BestEffortQueue, WhatWaitsCanBeTakenBack) {
  CountingHome home(5);
  BestEffortQueue queue(3);
  for (std::size_t i = 0; i < 3; ++i) {
    home.blocks[i].packet_count = static_cast<std::uint32_t>(10 + i);
    BlockRef block = home.take(i);
    ASSERT_TRUE(queue.try_push(block));
  }
  const BlockRef begun = queue.try_pop();
  const BestEffortQueue::TakenBack taken = queue.take_back();
  EXPECT_EQ(taken.blocks, 2U);
  EXPECT_EQ(taken.packets, 11U + 12U);
  EXPECT_EQ(home.released, 2U) << "not the one that the consumer is at";
  EXPECT_EQ(queue.take_back().blocks, 0U);
  // One place is free; the two taken back are once the consumer has passed them.
  BlockRef fourth = home.take(3);
  BlockRef fifth = home.take(4);
  EXPECT_TRUE(queue.try_push(fourth));
  EXPECT_FALSE(queue.try_push(fifth));
  EXPECT_EQ(&*queue.try_pop(), &home.blocks[3]);
  EXPECT_TRUE(queue.try_push(fifth));
}

// For ThreadSanitizer too: each block is seen by the consumer, in order, or taken back.
TEST(BestEffortQueue, AProducerThatTakesBackAndAConsumer) {
  // Every few rounds wait for another thread's turn: on a busy machine that is what takes the time.
  constexpr std::uint32_t kRounds = 4000;
  constexpr std::size_t kBlocks = 8;
  CountingHome home(kBlocks);
  BestEffortQueue queue(kBlocks / 2);
  std::atomic<bool> over{false};
  std::uint64_t seen = 0;
  std::thread consumer([&] {
    std::uint32_t last = 0;
    while (true) {
      const bool ending = over.load(std::memory_order_acquire);
      const BlockRef block = queue.try_pop();
      if (!block && ending) return;
      if (!block) continue;
      EXPECT_GT(block->packet_count, last);
      last = block->packet_count;
      ++seen;
    }
  });
  std::uint64_t refused = 0;
  std::uint64_t taken_back = 0;
  for (std::uint32_t round = 1; round <= kRounds; ++round) {
    const std::size_t place = round % kBlocks;
    while (home.blocks[place].held.load(std::memory_order_acquire)) {
      taken_back += queue.take_back().blocks;
    }
    home.blocks[place].packet_count = round;
    BlockRef block = home.take(place);
    if (!queue.try_push(block)) ++refused;
    if (round % 3 == 0) taken_back += queue.take_back().blocks;
  }
  over.store(true, std::memory_order_release);
  consumer.join();
  EXPECT_EQ(seen + refused + taken_back, kRounds);
}

}  // namespace
}  // namespace capstan
