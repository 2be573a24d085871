// Which rings, stripes and files of recordings are not among the files of a search.
#include "engine/reader/absent_parts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace capstan {
namespace {

using Sentences = std::vector<std::string>;

RecordingPlace place(std::uint8_t id, std::uint32_t file_number = 1) {
  RecordingPlace made;
  made.mark = {kRecordingMarkMagic, 1, 1, file_number, {}};
  made.mark.id.fill(id);
  return made;
}

RecordingPlace ring_of(std::uint8_t id, RingOfInterface ring, std::uint32_t file_number = 1) {
  RecordingPlace made = place(id, file_number);
  made.interface = "eth0";
  made.ring = ring;
  return made;
}

RecordingPlace stripe_of(std::uint8_t id, std::uint32_t stripe, std::uint32_t stripes) {
  RecordingPlace made = place(id);
  made.mark.stripe = stripe;
  made.mark.stripes = stripes;
  return made;
}

TEST(AbsentParts, ARecordingThatIsAllThereLacksNothing) {
  AbsentParts parts;
  EXPECT_EQ(parts.absent({}), Sentences{});
  for (const std::uint32_t file : {1U, 2U, 3U})
    parts.add(place(1, file), "a", 10 * file, 20 * file);
  for (const std::uint32_t ring : {1U, 2U}) {
    parts.add(ring_of(2, {ring, 2}), "b", 10, 20);
    parts.add(stripe_of(3, ring, 2), "c", 10, 20);
  }
  // The oldest were deleted.
  for (const std::uint32_t file : {7U, 8U}) parts.add(place(4, file), "d", 10, 20);
  EXPECT_EQ(parts.absent({}), Sentences{});
}

TEST(AbsentParts, RingsAndStripesAreNamed) {
  AbsentParts parts;
  parts.add(ring_of(1, {2, 3}), "x.ring1.pcapng", 10, 20);
  parts.add(stripe_of(2, 1, 2), "y", 10, 20);
  EXPECT_EQ(parts.absent({}),
            (Sentences{"ring 1 of 3 of eth0 is not among the files: x.ring1.pcapng is of another",
                       "ring 3 of 3 of eth0 is not among the files: x.ring1.pcapng is of another",
                       "stripe 2 of 2 is not among the files: y is of another"}));
  // Whose packets are of another time.
  EXPECT_EQ(parts.absent({30, 40}), Sentences{});
  EXPECT_EQ(parts.absent({0, 10}), Sentences{});
  EXPECT_EQ(parts.absent({20, 40}).size(), 3U);
}

TEST(AbsentParts, FilesInTheMiddleOfASeriesAreNamedWhereTheyWouldBe) {
  AbsentParts parts;
  parts.add(place(1, 2), "two", 20, 30);
  parts.add(place(1, 3), "three", 30, 40);
  parts.add(place(1, 5), "five", 60, 70);
  parts.add(place(1, 9), "nine", 90, 100);
  EXPECT_EQ(parts.absent({}),
            (Sentences{"1 file of the recording is missing between three and five",
                       "3 files of the recording are missing between five and nine"}));
  EXPECT_EQ(parts.absent({20, 40}), Sentences{});
  EXPECT_EQ(parts.absent({45, 50}).size(), 1U);
  EXPECT_EQ(parts.absent({65, 66}), Sentences{}) << "within a file that is there";
  EXPECT_EQ(parts.absent({90, 95}),
            (Sentences{"3 files of the recording are missing between five and nine"}));
  // Each ring has a series of its own.
  AbsentParts rings;
  rings.add(ring_of(1, {1, 2}, 1), "a1", 10, 20);
  rings.add(ring_of(1, {2, 2}, 1), "b1", 10, 20);
  rings.add(ring_of(1, {1, 2}, 3), "a3", 40, 50);
  EXPECT_EQ(rings.absent({}), (Sentences{"1 file of the recording is missing between a1 and a3"}));
}

TEST(AbsentParts, AFileWithoutPacketsHasNoTimesAndStillItsNumber) {
  AbsentParts parts;
  parts.add(place(1, 1), "one", 10, 20);
  parts.add(place(1, 2), "two", 0, 0);
  parts.add(place(1, 3), "three", 40, 50);
  EXPECT_EQ(parts.absent({}), Sentences{});
  parts.add(place(1, 5), "five", 0, 0);
  EXPECT_EQ(parts.absent({}),
            (Sentences{"1 file of the recording is missing between three and five"}));
  EXPECT_EQ(parts.absent({10, 40}), Sentences{});
}

TEST(AbsentParts, EachInterfaceHasASeriesOfItsOwn) {
  AbsentParts parts;
  for (const std::uint32_t file : {1U, 2U, 7U}) {
    RecordingPlace of_eth0 = place(1, file);
    of_eth0.interface = "eth0";
    if (file != 2) parts.add(of_eth0, "eth0." + std::to_string(file), 10 * file, 10 * file + 9);
    RecordingPlace of_eth1 = place(1, file);
    of_eth1.interface = "eth1";
    if (file != 7) parts.add(of_eth1, "eth1." + std::to_string(file), 10 * file, 10 * file + 9);
  }
  EXPECT_EQ(parts.absent({}),
            (Sentences{"5 files of the recording are missing between eth0.1 and eth0.7"}));
}

TEST(AbsentParts, NothingIsCalledAbsentWhereAFileMayBeAnyPart) {
  AbsentParts parts;
  parts.add(ring_of(1, {1, 2}), "a", 10, 20);
  parts.add(std::nullopt, "copy", 10, 20);
  EXPECT_EQ(parts.absent({}).size(), 1U);
  parts.add_unknown();
  EXPECT_EQ(parts.absent({}), Sentences{});
}

// Any number may be in a file that somebody made.
TEST(AbsentParts, NumbersThatNoRecorderWritesEndSoon) {
  AbsentParts parts;
  parts.add(ring_of(1, {1, ~0U}), "a", 10, 20);
  parts.add(stripe_of(2, ~0U, ~0U), "b", 10, 20);
  for (std::uint32_t file = 1; file < 100; file += 2) parts.add(place(3, file), "c", 10, 20);
  parts.add(place(4, 1), "d", 10, 20);
  parts.add(place(4, ~0U), "e", 10, 20);
  EXPECT_EQ(parts.absent({}).size(), AbsentParts::kMostAbsent);
}

}  // namespace
}  // namespace capstan
