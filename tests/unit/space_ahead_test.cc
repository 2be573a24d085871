// How much of a disk a recording takes ahead, and that the closing ledger's room stays free.
#include "writers/file/space_ahead.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace capstan {
namespace {

constexpr std::uint64_t kMiB = 1U << 20;
constexpr std::uint64_t kChunk = 1024 * kMiB;
constexpr std::uint64_t kReserve = 16U << 10;

TEST(SpaceAhead, OnALargeDiskChunksComeBeforeTheyAreNeeded) {
  SpaceAhead space(kChunk, kReserve);
  space.start_file(true, kChunk);
  EXPECT_FALSE(space.wants(kMiB));
  EXPECT_TRUE(space.wants(kChunk / 2 + kMiB));
  EXPECT_EQ(space.next_chunk(kChunk / 2 + kMiB, 100 * kChunk, false), kChunk);
  EXPECT_TRUE(space.has(5 * kChunk)) << "with so much room a slow answer must not stop the writing";
  space.granted(2 * kChunk);
  EXPECT_EQ(space.end(), 2 * kChunk);
}

TEST(SpaceAhead, OnASmallDiskNoMoreThanAShareIsTaken) {
  SpaceAhead space(kChunk, kReserve);
  std::uint64_t free_bytes = 32 * kMiB;
  space.start_file(true, free_bytes / 8);
  free_bytes -= space.end();
  std::uint64_t written = 0;
  while (true) {
    const std::uint64_t needed = written + 256 * 1024;
    if (space.wants(needed)) {
      const std::uint64_t chunk = space.next_chunk(needed, free_bytes, false);
      EXPECT_LE(chunk, std::max<std::uint64_t>(free_bytes / 8 + 4096, 512 * 1024));
      if (chunk > free_bytes) {
        space.refused(ENOSPC, true);
      } else {
        free_bytes -= chunk;
        space.granted(space.end() + chunk);
      }
    }
    if (!space.has(needed)) break;
    written = needed;
    EXPECT_LE(written + kReserve, space.end()) << "the closing ledger's room was given away";
  }
  EXPECT_GT(written, 30 * kMiB) << "the disk is used all the same";
  EXPECT_EQ(space.refusal(), ENOSPC);
}

TEST(SpaceAhead, AfterARefusalOnlyWhatIsNeededIsAskedFor) {
  SpaceAhead space(kChunk, kReserve);
  space.start_file(true, 4 * kMiB);
  space.refused(ENOSPC, true);
  EXPECT_FALSE(space.has(4 * kMiB));
  EXPECT_TRUE(space.has(4 * kMiB - kReserve));
  EXPECT_TRUE(space.wants(4 * kMiB));
  EXPECT_EQ(space.next_chunk(4 * kMiB, 100 * kMiB, false), kReserve);
  space.granted(5 * kMiB);
  EXPECT_EQ(space.refusal(), 0);
  EXPECT_EQ(space.next_chunk(5 * kMiB, 80 * kMiB, false), 10 * kMiB) << "shares again";
}

// What a disk still has is used to the last unit, and then no more is asked for.
TEST(SpaceAhead, WhenNothingIsWaitedForTheRestIsTakenInEverSmallerPieces) {
  SpaceAhead space(kChunk, kReserve);
  space.start_file(true, 32 * 1024);
  std::uint64_t free_bytes = 224 * 1024;
  const std::uint64_t needed = 256 * 1024;
  int requests = 0;
  do {
    ASSERT_LT(++requests, 20);
    const std::uint64_t chunk = space.next_chunk(needed, free_bytes, true);
    if (chunk > free_bytes) {
      space.refused(ENOSPC, true);
    } else {
      free_bytes -= chunk;
      space.granted(space.end() + chunk);
    }
  } while (space.takes_the_rest());
  EXPECT_TRUE(space.exhausted());
  EXPECT_LT(free_bytes, 4096U);
  EXPECT_FALSE(space.has(needed));
  EXPECT_TRUE(space.has(200 * 1024));
  space.granted(space.end() + needed);  // somebody made room
  EXPECT_FALSE(space.exhausted());
}

TEST(SpaceAhead, WhereItCannotBeTakenNothingIsHeldBack) {
  SpaceAhead none(0, kReserve);
  none.start_file(true, 0);
  EXPECT_TRUE(none.has(kChunk));
  EXPECT_FALSE(none.wants(kChunk));
  SpaceAhead refused(kChunk, kReserve);
  refused.start_file(true, 0);
  EXPECT_FALSE(refused.has(1));
  refused.refused(EOPNOTSUPP, false);
  EXPECT_TRUE(refused.has(kChunk));
  EXPECT_FALSE(refused.wants(kChunk));
}

}  // namespace
}  // namespace capstan
