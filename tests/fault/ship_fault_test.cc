// `capstan ship` of which one system call fails, for each: what is there afterwards is what is
// there without a failure.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <limits>
#include <utility>

#include "tests/support/failing_calls.h"
#include "tests/support/index_traffic.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace capstan::test {
namespace {

// Takes the idle priority from a ship that has just been started: on a busy machine it would get
// nothing done in a test's time.
void hurry(Process& process) {
  EXPECT_TRUE(wait_until([&process] {
    return !process.is_running() || ::sched_getscheduler(process.pid()) == SCHED_IDLE;
  }));
  const sched_param parameters{};
  ::sched_setscheduler(process.pid(), SCHED_OTHER, &parameters);
}

class ShipFault : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may let calls fail";
    for (std::uint32_t seed = 1; seed <= 2; ++seed) {
      IndexTraffic traffic(seed);
      PcapngBuilder file;
      file.section();
      file.interface(1, 0);
      for (std::uint64_t i = 0; i < 120; ++i) {
        const std::vector<std::uint8_t> packet = traffic.next();
        file.packet(0, 1'700'000'000'000'000 + seed + i, packet,
                    static_cast<std::uint32_t>(packet.size()));
      }
      data_.write(fmt::format("{}.pcapng", seed), file.bytes);
    }
  }

  std::vector<std::string> words(const TempDir& place) const {
    std::vector<std::string> words = {CAPSTAN_COMMAND,
                                      "ship",
                                      data_.path(),
                                      "--to",
                                      "file:" + (place.path() / "eve.json").string(),
                                      "--sensor",
                                      "s",
                                      "--state",
                                      place.path() / "state",
                                      "--batch-rows",
                                      "40",
                                      "--once",
                                      "-q",
                                      "--keep-privileges"};
    if (!more_.empty()) words.insert(words.begin() + 2, more_);
    return words;
  }
  ProcessResult ship(const TempDir& place, ProcessOptions options = {}) const {
    Process process(words(place), std::move(options));
    hurry(process);
    const int status = process.wait();
    return {status, process.out(), process.err()};
  }

  const TempDir data_;
  std::string more_;  // another option; empty: none
};

// ENOSPC and EIO once at the Nth of these calls: that run mends itself or ends, and the next one
// brings what is missing.
TEST_F(ShipFault, EachCallFailsOnce) {
  const TempDir calm;
  ASSERT_EQ(ship(calm).status, 0);
  const std::string truth = read_text(calm.path() / "eve.json");
  ASSERT_GT(truth.size(), 1000U);
  for (const int error : {ENOSPC, EIO}) {
    std::uint64_t nth = 1;
    for (bool hit = true; hit; ++nth) {
      SCOPED_TRACE(fmt::format("call {}, error {}", nth, error));
      const TempDir place;
      FailingCalls calls(
          {.calls = {SYS_pwrite64, SYS_fsync, SYS_fdatasync, SYS_rename, SYS_ftruncate},
           .nth = nth,
           .error = error});
      ProcessOptions options;
      options.in_child = calls.in_child();
      const ProcessResult first = ship(place, std::move(options));
      hit = calls.hit();
      EXPECT_TRUE(first.status == 0 || first.status == 1) << first.status << first.err;
      EXPECT_TRUE(!hit || !first.err.empty());
      const ProcessResult second = ship(place);
      EXPECT_EQ(second.status, 0) << second.err;
      EXPECT_EQ(read_text(place.path() / "eve.json"), truth) << first.err << second.err;
    }
    EXPECT_GT(nth, 20U);
  }
}

// A disk that is bad from some read on: the recording is left out, with a word, and the next run
// takes it.
TEST_F(ShipFault, ARecordingThatCannotBeReadIsNotForgotten) {
  const std::string bad = data_.path() / "2.pcapng";
  for (const char* audit : {"", "--audit"}) {
    more_ = audit;
    const TempDir calm;
    ASSERT_EQ(ship(calm).status, 0);
    const std::string truth = read_text(calm.path() / "eve.json");
    std::uint64_t nth = 1;
    unsigned left_out = 0;
    for (bool hit = true; hit; ++nth) {
      SCOPED_TRACE(fmt::format("{} from read {} on", audit, nth));
      const TempDir place;
      FailingCalls calls({.calls = {SYS_pread64, SYS_preadv2, SYS_read},
                          .path = bad,
                          .nth = nth,
                          .in_a_row = std::numeric_limits<std::uint64_t>::max()});
      ProcessOptions options;
      options.in_child = calls.in_child();
      const ProcessResult first = ship(place, std::move(options));
      hit = calls.hit();
      if (first.status == 0) {  // a read that only saves others
        EXPECT_EQ(read_text(place.path() / "eve.json"), truth);
        EXPECT_EQ(first.err, "");
        continue;
      }
      ++left_out;
      EXPECT_EQ(first.status, 1) << first.err;
      const std::size_t said = first.err.find("2.pcapng: ");
      EXPECT_NE(said, std::string::npos) << first.err;
      EXPECT_EQ(said, first.err.rfind("2.pcapng: ")) << first.err;
      EXPECT_EQ(ship(place).status, 0);
      EXPECT_EQ(read_text(place.path() / "eve.json"), truth) << first.err;
    }
    EXPECT_GT(left_out, 4U);
  }
}

// As root it makes the directory of its state for the user that it becomes. Whoever may write
// beside it puts a link to another directory in its place: that one stays root's.
TEST_F(ShipFault, ALinkInPlaceOfItsDirectoryIsNotFollowed) {
  const TempDir victims;
  const TempDir place;
  const std::string mine = place.path() / "state";
  bool swapped = false;
  FailingCalls calls(
      {.calls = {SYS_chown, SYS_lchown, SYS_fchown, SYS_fchownat}, .before_answer = [&] {
         if (std::exchange(swapped, true)) return;
         std::filesystem::remove(mine);
         std::filesystem::create_directory_symlink(victims.path(), mine);
       }});
  ProcessOptions options;
  options.in_child = calls.in_child();
  std::vector<std::string> words = this->words(place);
  words.pop_back();  // --keep-privileges
  words[8] = mine + "/ship";
  words.insert(words.end(), {"-Z", "nobody"});
  Process process(words, std::move(options));
  hurry(process);
  process.wait();
  EXPECT_TRUE(swapped);
  struct stat status {};
  ASSERT_EQ(::stat(victims.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U) << process.err();
}

// Killed at the Nth of these calls.
TEST_F(ShipFault, KilledAtEachCall) {
  const TempDir calm;
  ASSERT_EQ(ship(calm).status, 0);
  const std::string truth = read_text(calm.path() / "eve.json");
  std::uint64_t nth = 1;
  for (bool hit = true; hit; ++nth) {
    SCOPED_TRACE(nth);
    const TempDir place;
    {
      std::atomic<std::uint64_t> seen{0};
      std::atomic<pid_t> to_kill{-1};
      FailingCalls calls(
          {.calls = {SYS_pwrite64, SYS_fsync, SYS_fdatasync, SYS_rename, SYS_ftruncate, SYS_unlink},
           .before_answer = [&] {
             if (++seen != nth) return;
             to_kill.wait(-1);
             ::kill(to_kill.load(), SIGKILL);
           }});
      ProcessOptions options;
      options.in_child = calls.in_child();
      Process process(words(place), std::move(options));
      to_kill = process.pid();
      to_kill.notify_all();
      hurry(process);
      const int status = process.wait();
      hit = seen.load() >= nth;
      EXPECT_EQ(status, hit ? 128 + SIGKILL : 0) << process.err();
    }
    const ProcessResult second = ship(place);
    EXPECT_EQ(second.status, 0) << second.err;
    EXPECT_EQ(read_text(place.path() / "eve.json"), truth) << second.err;
  }
  EXPECT_GT(nth, 20U);
}

}  // namespace
}  // namespace capstan::test
