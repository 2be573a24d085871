// Which finished files go.
#include "writers/file/retention.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// Ten files of 100 bytes, one a second, the oldest first.
std::deque<KeptFile> ten_files() {
  std::deque<KeptFile> files;
  for (std::int64_t i = 0; i < 10; ++i) files.push_back({"f", 100, (i + 1) * kSecondNs});
  return files;
}

constexpr RetentionState kRoomy{.boot_ns = 10 * kSecondNs,
                                .writing = true,
                                .writing_bytes = 50,
                                .free_bytes = 5'000,
                                .total_bytes = 10'000};

TEST(Retention, WithoutLimitsNothingGoes) {
  RetentionState full = kRoomy;
  full.free_bytes = 0;
  EXPECT_EQ(files_to_delete(ten_files(), {}, full), 0U);
}

TEST(Retention, TheFileBeingWrittenCounts) {
  EXPECT_EQ(files_to_delete(ten_files(), {.files = 11}, kRoomy), 0U);
  EXPECT_EQ(files_to_delete(ten_files(), {.files = 3}, kRoomy), 8U);
  EXPECT_EQ(files_to_delete(ten_files(), {.bytes = 1'050}, kRoomy), 0U);
  EXPECT_EQ(files_to_delete(ten_files(), {.bytes = 1'049}, kRoomy), 1U);
  EXPECT_EQ(files_to_delete(ten_files(), {.bytes = 1}, kRoomy), 10U);
  RetentionState ended = kRoomy;
  ended.writing = false;
  ended.writing_bytes = 0;
  EXPECT_EQ(files_to_delete(ten_files(), {.files = 3}, ended), 7U);
  EXPECT_EQ(files_to_delete(ten_files(), {.bytes = 1'000}, ended), 0U);
}

TEST(Retention, ARingOfOneKeepsTheLastFinishedFile) {
  EXPECT_EQ(files_to_delete(ten_files(), {.files = 1}, kRoomy), 9U);
}

TEST(Retention, AgeIsCountedFromTheEnd) {
  EXPECT_EQ(files_to_delete(ten_files(), {.age_ns = 9 * kSecondNs}, kRoomy), 0U);
  EXPECT_EQ(files_to_delete(ten_files(), {.age_ns = 8 * kSecondNs}, kRoomy), 1U);
}

TEST(Retention, FilesFromBeforeTheMachineStartedAgeToo) {
  constexpr std::int64_t kDayNs = 86'400 * kSecondNs;
  constexpr std::uint64_t kWeekNs = 7 * kDayNs;
  const std::deque<KeptFile> files = {{"a", 100, -6 * kDayNs}, {"b", 100, -kDayNs}};
  RetentionState state = kRoomy;
  state.boot_ns = kDayNs;
  EXPECT_EQ(files_to_delete(files, {.age_ns = kWeekNs}, state), 0U);
  state.boot_ns = kDayNs + 1;
  EXPECT_EQ(files_to_delete(files, {.age_ns = kWeekNs}, state), 1U);
}

TEST(Retention, FreeSpaceIsMadeByTheOldestAndNoMore) {
  EXPECT_EQ(files_to_delete(ten_files(), {.min_free_bytes = 5'000}, kRoomy), 0U);
  EXPECT_EQ(files_to_delete(ten_files(), {.min_free_bytes = 5'001}, kRoomy), 1U);
  EXPECT_EQ(files_to_delete(ten_files(), {.min_free_percent = 50}, kRoomy), 0U);
  EXPECT_EQ(files_to_delete(ten_files(), {.min_free_percent = 52}, kRoomy), 2U);
  EXPECT_EQ(files_to_delete(ten_files(), {.min_free_percent = 90}, kRoomy), 10U);
}

TEST(Retention, EachLimitHolds) {
  EXPECT_EQ(
      files_to_delete(ten_files(), {.bytes = 1'049, .files = 6, .min_free_percent = 52}, kRoomy),
      5U);
  EXPECT_EQ(files_to_delete({}, {.bytes = 1, .files = 1, .min_free_percent = 90}, kRoomy), 0U);
}

}  // namespace
}  // namespace capstan
