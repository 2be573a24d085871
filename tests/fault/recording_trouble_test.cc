// A recording that does not give up: the disk refuses writes for a while, at every write and for
// every reason, with and without rotation; power is lost at every write.
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>

#include "tests/fault/recording_script.h"

namespace capstan::test {
namespace {

struct Shape {
  const char* name;
  FileFormat format;
  Layout layout;
  std::uint32_t rings;
  std::uint64_t turn_bytes;
};

constexpr Shape kShapes[] = {
    {"InPlace", FileFormat::kPcapng, Layout::kInPlace, 1, 0},
    {"PackedThreeRings", FileFormat::kPcapng, Layout::kPacked, 3, 0},
    {"AutoRotating", FileFormat::kPcapng, Layout::kAuto, 1, 60'000},
    {"AutoThreeRingsRotating", FileFormat::kPcapng, Layout::kAuto, 3, 60'000},
    {"PcapRotating", FileFormat::kPcapMicroseconds, Layout::kAuto, 1, 60'000},
};

class RecordingTrouble : public testing::TestWithParam<Shape> {
 protected:
  void TearDown() override { expect_wireshark_reads_all(); }

  static Script script() {
    Script script;
    script.format = GetParam().format;
    script.layout = GetParam().layout;
    script.rings = GetParam().rings;
    script.turn_bytes = GetParam().turn_bytes;
    script.blocks_per_phase = script.rings == 1 ? 5 : 2;
    return script;
  }

  static Script script_of(std::uint64_t n) {
    Script trouble = script();
    trouble.backend.at_write = n;
    trouble.backend.seed = static_cast<std::uint32_t>(n);
    trouble.backend.reordered = n % 2 == 0;
    trouble.backend.longest_delay = n % 2 == 0 ? 6 : 0;
    return trouble;
  }

  // For every N there is. Without rotation only: what is left is a copy of the file being written.
  static void lose_power_at_every_write(const std::function<void(Script&)>& prepare,
                                        const std::function<void(const Outcome&)>& check) {
    for (std::uint64_t n = 1;; ++n) {
      Script loss = script_of(n);
      loss.backend.at_write = 0;
      loss.turn_bytes = 0;
      loss.backend.power_loss_at = n;
      prepare(loss);
      const Outcome outcome = run_script(loss);
      if (!outcome.tally.power_lost) break;
      check(outcome);
      if (HasFailure()) FAIL() << "power lost at write " << n << ": " << describe(loss);
    }
  }

  // From the Nth write on `refusals` writes fail, for every N there is; then the disk is well
  // again.
  static void recover_from(int error, OnFull policy) {
    for (const std::uint64_t refusals : {1U, 5U, 40U}) {
      for (std::uint64_t n = 1;; ++n) {
        Script trouble = script_of(n);
        trouble.on_full = policy;
        trouble.backend.fault = Fault::kTrouble;
        trouble.backend.disk_error = error;
        trouble.backend.refusals = refusals;
        const Outcome outcome = run_script(trouble);
        if (!outcome.tally.fault_hit) {
          EXPECT_GT(n, 3U) << "the script writes too little to show anything";
          break;
        }
        EXPECT_EQ(outcome.tally.refused, refusals) << describe(trouble);
        EXPECT_EQ(outcome.error, 0) << describe(trouble);
        EXPECT_EQ(outcome.written, outcome.offered) << describe(trouble);
        if (HasFailure()) FAIL() << "stopped at the first N that failed: " << describe(trouble);
      }
    }
  }
};

TEST_P(RecordingTrouble, NothingFails) {
  const Outcome outcome = run_script(script());
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(outcome.written, outcome.offered);
  if (GetParam().turn_bytes != 0) {
    EXPECT_GE(outcome.files, 2U);
  }
}

TEST_P(RecordingTrouble, DiskFullForAWhile) { recover_from(ENOSPC, OnFull::kPause); }
TEST_P(RecordingTrouble, QuotaForAWhile) { recover_from(EDQUOT, OnFull::kPause); }
TEST_P(RecordingTrouble, IoErrorForAWhile) { recover_from(EIO, OnFull::kPause); }
TEST_P(RecordingTrouble, ReadOnlyForAWhile) { recover_from(EROFS, OnFull::kPause); }

TEST_P(RecordingTrouble, TroubleThatStaysUntilTheEndLeavesValidFiles) {
  for (const int error : {ENOSPC, EIO, EROFS}) {
    for (std::uint64_t n = 1;; ++n) {
      Script trouble = script_of(n);
      trouble.on_full = OnFull::kPause;
      trouble.backend.fault = Fault::kTrouble;
      trouble.backend.disk_error = error;
      trouble.backend.refusals = FakeBackendOptions::kForEver;
      const Outcome outcome = run_script(trouble);
      if (!outcome.tally.fault_hit) break;
      EXPECT_EQ(outcome.error, error) << describe(trouble);
      if (HasFailure()) FAIL() << "stopped at the first N that failed: " << describe(trouble);
    }
  }
}

TEST_P(RecordingTrouble, StoppingPolicyEndsAtTheFirstRefusal) {
  for (const int error : {ENOSPC, EDQUOT, EIO, EROFS}) {
    for (std::uint64_t n = 1;; ++n) {
      Script trouble = script_of(n);
      trouble.backend.fault = Fault::kTrouble;
      trouble.backend.disk_error = error;
      const Outcome outcome = run_script(trouble);
      if (!outcome.tally.fault_hit) break;
      EXPECT_EQ(outcome.error, error) << describe(trouble);
      if (HasFailure()) FAIL() << "stopped at the first N that failed: " << describe(trouble);
    }
  }
}

// The end comes while the disk is in trouble, and its patience runs out with blocks in the queues:
// each is in a named class, and none was left behind.
TEST_P(RecordingTrouble, ThroughTheWritersThread) {
  for (const std::uint64_t refusals : {std::uint64_t{5}, FakeBackendOptions::kForEver}) {
    for (const OnFull policy : {OnFull::kPause, OnFull::kStop}) {
      for (std::uint64_t n = 1;; n += 2) {
        Script trouble = script_of(n);
        trouble.through_thread = true;
        trouble.on_full = policy;
        trouble.backend.fault = Fault::kTrouble;
        trouble.backend.disk_error = ENOSPC;
        trouble.backend.refusals = refusals;
        const Outcome outcome = run_script(trouble);
        if (!outcome.tally.fault_hit) break;
        EXPECT_EQ(outcome.left, 0U);
        if (HasFailure()) FAIL() << describe(trouble);
      }
    }
  }
}

// Wherever the disk ends, the closing ledger has its room, and counts what could not be written.
TEST_P(RecordingTrouble, AFullDiskHoldsTheClosingLedger) {
  for (const OnFull policy : {OnFull::kStop, OnFull::kPause}) {
    for (std::uint64_t disk = 64U << 10; disk < 300'000; disk += 10'007) {
      Script full = script_of(0);
      full.turn_bytes = 0;
      full.on_full = policy;
      full.preallocate_bytes = 64U << 10;
      full.backend.disk_bytes = disk;
      full.backend.reordered = disk % 2 == 0;
      full.backend.longest_delay = disk % 2 == 0 ? 6 : 0;
      const Outcome outcome = run_script(full);
      EXPECT_LE(outcome.file_size, disk);
      if (outcome.error == 0) {
        EXPECT_EQ(outcome.written, outcome.offered);
      } else {
        EXPECT_EQ(outcome.error, ENOSPC);
        EXPECT_GT(outcome.failed, 0U);
      }
      if (HasFailure()) FAIL() << "a disk of " << disk << ": " << describe(full);
    }
  }
}

TEST_P(RecordingTrouble, SecondInterruptDuringTheTrouble) {
  for (std::uint64_t n = 2; n < 12; n += 3) {
    Script trouble = script_of(n);
    trouble.on_full = OnFull::kPause;
    trouble.backend.fault = Fault::kTrouble;
    trouble.backend.disk_error = ENOSPC;
    trouble.backend.refusals = FakeBackendOptions::kForEver;
    trouble.abandon_at = n + 3;
    const Outcome outcome = run_script(trouble);
    EXPECT_NE(outcome.error, 0);
    EXPECT_EQ(outcome.blocks_held, 0U) << "a refused write is nobody's any more";
    if (HasFailure()) FAIL() << describe(trouble);
  }
}

TEST_P(RecordingTrouble, PowerLossAtEveryWriteKeepsWhatWasSynced) {
  std::uint64_t durable = 0;
  lose_power_at_every_write([](Script& loss) { loss.sync_often = true; },
                            [&](const Outcome& outcome) {
                              EXPECT_EQ(outcome.error, 0);
                              EXPECT_GE(outcome.repaired, outcome.durable);
                              durable += outcome.durable;
                            });
  EXPECT_GT(durable, 0U);
}

TEST_P(RecordingTrouble, PowerLossWithoutSyncLeavesAReadablePart) {
  lose_power_at_every_write([](Script&) {},
                            [](const Outcome& outcome) { EXPECT_EQ(outcome.tally.syncs, 0U); });
}

// What --sync file, the default, promises while a file is being written: its head.
TEST_P(RecordingTrouble, PowerLossAfterTheHeadWasSyncedCanBeRepaired) {
  std::uint64_t repaired = 0;
  lose_power_at_every_write([](Script& loss) { loss.sync_files = true; },
                            [&](const Outcome& outcome) {
                              EXPECT_LE(outcome.tally.syncs, 1U);
                              if (outcome.durable_syncs != 0) ++repaired;
                            });
  EXPECT_GT(repaired, 0U);
}

TEST_P(RecordingTrouble, CancelledPreallocationsAreAskedForAgain) {
  Script cancelled = script();
  cancelled.turn_bytes = 0;
  cancelled.preallocate_bytes = 32U << 10;
  cancelled.backend.cancelled_preallocations = 1;
  const Outcome outcome = run_script(cancelled);
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(outcome.written, outcome.offered);
  EXPECT_GE(outcome.tally.preallocations, 2U) << "given up, as after a refusal";
}

TEST_P(RecordingTrouble, RefusedSyncsAreCountedOrEndIt) {
  Script refused = script();
  refused.turn_bytes = 0;
  refused.sync_often = true;
  refused.backend.refused_syncs = 3;
  refused.on_full = OnFull::kPause;
  const Outcome waited = run_script(refused);
  EXPECT_EQ(waited.error, 0);
  EXPECT_EQ(waited.written, waited.offered);
  EXPECT_EQ(waited.syncs_refused, 3U);
  refused.on_full = OnFull::kStop;
  EXPECT_EQ(run_script(refused).error, EIO);
}

TEST_P(RecordingTrouble, CancelledSyncsAreSentAgain) {
  Script cancelled = script();
  cancelled.turn_bytes = 0;
  cancelled.sync_files = true;
  cancelled.backend.cancelled_syncs = 3;
  const Outcome outcome = run_script(cancelled);
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(outcome.written, outcome.offered);
  EXPECT_EQ(outcome.tally.syncs, 4U);
  EXPECT_EQ(outcome.durable_syncs, 1U);
}

INSTANTIATE_TEST_SUITE_P(Shapes, RecordingTrouble, testing::ValuesIn(kShapes),
                         [](const auto& shape) { return std::string(shape.param.name); });

}  // namespace
}  // namespace capstan::test
