// A recording on a bad day: the Nth write fails, for every N and in every way. Whatever happens,
// every packet is accounted for and the file is whole up to its end.
#include <gtest/gtest.h>

#include <cerrno>
#include <random>

#include "tests/fault/recording_script.h"

namespace capstan::test {
namespace {

struct Shape {
  const char* name;
  FileFormat format;
  Layout layout;
  std::uint32_t rings;
};

constexpr Shape kShapes[] = {
    {"InPlaceOneRing", FileFormat::kPcapng, Layout::kInPlace, 1},
    {"InPlaceThreeRings", FileFormat::kPcapng, Layout::kInPlace, 3},
    {"PackedOneRing", FileFormat::kPcapng, Layout::kPacked, 1},
    {"PackedThreeRings", FileFormat::kPcapng, Layout::kPacked, 3},
    {"AutoOneRing", FileFormat::kPcapng, Layout::kAuto, 1},
    {"AutoThreeRings", FileFormat::kPcapng, Layout::kAuto, 3},
    {"PcapOneRing", FileFormat::kPcapMicroseconds, Layout::kAuto, 1},
    {"PcapNsThreeRings", FileFormat::kPcapNanoseconds, Layout::kAuto, 3},
};

class RecordingFault : public testing::TestWithParam<Shape> {
 protected:
  void TearDown() override { expect_wireshark_reads_all(); }

  static Script script() {
    Script script;
    script.format = GetParam().format;
    script.layout = GetParam().layout;
    script.rings = GetParam().rings;
    script.blocks_per_phase = script.rings == 1 ? 5 : 2;
    return script;
  }

  // Fails the Nth write in this way for every N there is.
  static void fail_every(Fault fault, int expected_error, bool through_thread = false) {
    Script faulty = script();
    faulty.through_thread = through_thread;
    faulty.backend.fault = fault;
    for (std::uint64_t n = 1;; ++n) {
      faulty.backend.at_write = n;
      // Alternately one after the other and many at a time, late and in any order.
      faulty.backend.seed = static_cast<std::uint32_t>(n);
      faulty.backend.reordered = n % 2 == 0;
      faulty.backend.longest_delay = n % 2 == 0 ? 6 : 0;
      const Outcome outcome = run_script(faulty);
      if (!outcome.tally.fault_hit) {
        EXPECT_EQ(outcome.written, outcome.offered) << describe(faulty);
        // Packed recordings never write from ring memory, so there is nothing to refuse.
        EXPECT_GT(n, fault == Fault::kMemoryRefused ? 0U : 3U)
            << "the script writes too little to show anything";
        break;
      }
      EXPECT_EQ(outcome.error, expected_error) << describe(faulty);
      if (expected_error == 0) {
        EXPECT_EQ(outcome.written, outcome.offered) << describe(faulty);
        EXPECT_EQ(outcome.failed, 0U) << describe(faulty);
      }
      if (HasFailure()) FAIL() << "stopped at the first N that failed: " << describe(faulty);
    }
  }
};

TEST_P(RecordingFault, NothingFails) {
  const Outcome outcome = run_script(script());
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(outcome.written, outcome.offered);
  if (GetParam().format == FileFormat::kPcapng && GetParam().layout != Layout::kPacked) {
    EXPECT_GT(outcome.blocks_in_place, 0U);
    EXPECT_GT(outcome.tally.from_ring_memory, 0U);
  }
  if (GetParam().layout != Layout::kInPlace) {
    EXPECT_GT(outcome.blocks_packed, 0U);
  }
}

TEST_P(RecordingFault, ShortByHalf) { fail_every(Fault::kShortHalf, 0); }
TEST_P(RecordingFault, ShortByAByte) { fail_every(Fault::kShortByte, 0); }
TEST_P(RecordingFault, OneByteWritten) { fail_every(Fault::kShortOneByte, 0); }
TEST_P(RecordingFault, NothingWritten) { fail_every(Fault::kNothingWritten, 0); }
TEST_P(RecordingFault, Interrupted) { fail_every(Fault::kInterrupted, 0); }
TEST_P(RecordingFault, Again) { fail_every(Fault::kAgain, 0); }
TEST_P(RecordingFault, Cancelled) { fail_every(Fault::kCancelled, 0); }
TEST_P(RecordingFault, DirectRefused) { fail_every(Fault::kDirectRefused, 0); }
TEST_P(RecordingFault, RingMemoryRefused) { fail_every(Fault::kMemoryRefused, 0); }
TEST_P(RecordingFault, NoRoomInTheQueue) { fail_every(Fault::kNoRoom, 0); }
TEST_P(RecordingFault, DiskFull) { fail_every(Fault::kNoSpace, ENOSPC); }
TEST_P(RecordingFault, IoError) { fail_every(Fault::kIoError, EIO); }

// The way the recorder goes, where the end comes while blocks wait in the queues.
TEST_P(RecordingFault, ThroughTheWritersThread) {
  fail_every(Fault::kNoSpace, ENOSPC, true);
  fail_every(Fault::kShortHalf, 0, true);
  for (std::uint64_t n = 1; n < 20; n += 6) {
    Script abandoned = script();
    abandoned.through_thread = true;
    abandoned.abandon_at = n;
    run_script(abandoned);
  }
}

TEST_P(RecordingFault, LateAndReorderedCompletions) {
  const std::uint32_t base = std::random_device{}();
  std::printf("seed %u\n", base);
  for (std::uint32_t i = 0; i < 10; ++i) {
    Script late = script();
    late.backend.seed = base + i;
    late.backend.reordered = true;
    late.backend.longest_delay = 1 + i * 3;
    late.flush_often = i % 2 == 0;
    const Outcome outcome = run_script(late);
    EXPECT_EQ(outcome.error, 0);
    EXPECT_EQ(outcome.written, outcome.offered);
    if (HasFailure()) FAIL() << describe(late);
  }
}

TEST_P(RecordingFault, Preallocation) {
  for (const bool fails : {false, true}) {
    for (const bool late : {false, true}) {
      Script ahead = script();
      ahead.preallocate_bytes = 64U << 10;
      ahead.backend.preallocation_fails = fails;
      ahead.backend.preallocation_late = late;
      const Outcome outcome = run_script(ahead);
      EXPECT_EQ(outcome.error, 0);
      EXPECT_EQ(outcome.written, outcome.offered);
      EXPECT_GT(outcome.tally.preallocations, 0U);
      if (fails) {
        EXPECT_EQ(outcome.tally.preallocations, 1U) << "once refused it is not asked again";
      }
      if (HasFailure()) FAIL() << "fails " << fails << " late " << late;
    }
  }
}

TEST_P(RecordingFault, PreallocationWithADiskThatFillsUp) {
  Script ahead = script();
  ahead.preallocate_bytes = 64U << 10;
  ahead.backend.preallocation_late = true;
  ahead.backend.fault = Fault::kNoSpace;
  for (std::uint64_t n = 1; n < 12; n += 2) {
    ahead.backend.at_write = n;
    run_script(ahead);
  }
}

TEST_P(RecordingFault, RegistrationRefusedIsSaidAndHarmless) {
  Script refused = script();
  refused.backend.registration_error = ENOMEM;
  EXPECT_EQ(run_script(refused).error, 0);
}

TEST_P(RecordingFault, ThroughThePageCache) {
  Script cached = script();
  cached.direct = false;
  cached.backend.fault = Fault::kShortOneByte;
  for (std::uint64_t n = 1; n < 8; ++n) {
    cached.backend.at_write = n;
    EXPECT_EQ(run_script(cached).error, 0);
  }
}

TEST_P(RecordingFault, SizeLimit) {
  for (std::uint64_t limit = 1; limit < 250'000; limit += 30'011) {
    Script limited = script();
    limited.size_limit_bytes = limit;
    const Outcome outcome = run_script(limited);
    EXPECT_EQ(outcome.error, 0);
    EXPECT_EQ(outcome.failed, 0U);
    if (HasFailure()) FAIL() << "limit " << limit;
  }
}

TEST_P(RecordingFault, SecondInterruptLeavesAValidFile) {
  for (std::uint64_t n = 1; n < 20; n += 3) {
    Script abandoned = script();
    abandoned.abandon_at = n;
    abandoned.backend.reordered = true;
    abandoned.backend.longest_delay = 5;
    abandoned.backend.seed = static_cast<std::uint32_t>(n);
    const Outcome outcome = run_script(abandoned);
    if (outcome.tally.writes < n) break;
    // At the last write there may be nothing left to cancel.
    EXPECT_TRUE(outcome.error == ECANCELED || outcome.written == outcome.offered);
    EXPECT_EQ(outcome.blocks_held, 0U) << "everything under way was waited for";
    if (HasFailure()) FAIL() << "at write " << n;
  }
}

TEST_P(RecordingFault, SecondInterruptWithADiskThatHangs) {
  Script hanging = script();
  hanging.backend.stuck = true;
  hanging.backend.at_write = 3;
  const Outcome outcome = run_script(hanging);
  EXPECT_EQ(outcome.error, ECANCELED);
}

INSTANTIATE_TEST_SUITE_P(Shapes, RecordingFault, testing::ValuesIn(kShapes),
                         [](const auto& shape) { return std::string(shape.param.name); });

}  // namespace
}  // namespace capstan::test
