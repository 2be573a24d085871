// Recordings that begin on a full or nearly full disk, or may not make large files: they end by
// themselves, use the room there is, and say what refused more.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1U << 20;

class RecordRoom : public Sandbox {
 protected:
  void TearDown() override {
    if (!place_.empty()) unmount(place_);
    Sandbox::TearDown();
  }

  // A tmpfs with so much free.
  std::string make_disk(std::uint64_t free_bytes) {
    if (!place_.empty()) unmount(place_);
    place_ = file("disk");
    shell("mkdir -p " + place_ + " && mount -t tmpfs -o size=8M none " + place_);
    shell("head -c " + std::to_string(8 * kMiB - free_bytes) + " /dev/zero > " + place_ + "/fill");
    EXPECT_EQ(fs::space(place_).available, free_bytes);
    return place_;
  }

  static void send(std::uint32_t count, std::size_t bytes) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, i, bytes));
  }

  static ProcessOptions with_largest_file(std::uint64_t bytes) {
    ProcessOptions options;
    options.in_child = [bytes] {
      const rlimit limit{bytes, bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    };
    return options;
  }

  static void expect_valid(const std::string& path, const Statistics& statistics) {
    expect_reconciled(statistics);
    const Statistics info = info_of(path);
    EXPECT_EQ(info.text("/loss/proof"), "proved") << info.all() << statistics.all();
    EXPECT_EQ(info.number("/packets"), statistics.number("/packets_written"));
    expect_readable(path, info.number("/packets"));
  }

 private:
  std::string place_;
};

// Frames for as long as it lives, so that there are some whenever a recorder looks.
class SteadyTraffic {
 public:
  SteadyTraffic() : thread_([this] { run(); }) {}
  ~SteadyTraffic() {
    ended_ = true;
    thread_.join();
  }

 private:
  void run() {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; !ended_ && i < kMost; ++i) {
      sender.send(make_udp_frame(5000, i, 100));
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }

  static constexpr std::uint32_t kMost = 60'000;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// The file's head is refused already, before any room is asked for.
TEST_F(RecordRoom, ADiskWithoutAByteFreeEndsIt) {
  const std::vector<std::vector<std::string>> cases = {
      {"--on-full", "stop"},
      {"--no-direct"},
      {"-F", "pcap"},
      {"-b", "duration:1"},
      {"--on-full", "pause", "-a", "duration:0.2"},
      {"--on-full", "oldest", "-b", "duration:1", "-a", "duration:0.2"}};
  for (const std::vector<std::string>& more : cases) {
    SCOPED_TRACE(more.front() + " " + more.back());
    const std::string place = make_disk(0);
    const SteadyTraffic traffic;
    std::vector<std::string> arguments = {"-i", "v1", "-B", "8", "-w", place + "/d.pcapng"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    RecordRun record(arguments);
    EXPECT_EQ(record.wait(), 1) << record.err();
    EXPECT_NE(record.err().find("the disk is full after 0 bytes; no file is left"),
              std::string::npos)
        << record.err();
    expect_reconciled(record.statistics());
    for (const auto& entry : fs::directory_iterator(place)) {
      EXPECT_EQ(entry.path().filename(), "fill");
    }
    if (HasFailure()) return;
  }
}

TEST_F(RecordRoom, OneInterruptEndsWhatWaitsForAFullDisk) {
  const std::string place = make_disk(0);
  RecordRun record({"-i", "v1", "-B", "8", "-w", place + "/d.pcapng", "--on-full", "pause"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(100, 100);
  ASSERT_TRUE(record.wait_received(100));
  EXPECT_EQ(record.stop(), 1) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(record.statistics().number("/packets_failed"), 100U);
}

// Less than a block of the ring is free, and more than its few packets take.
TEST_F(RecordRoom, FewPacketsAreWrittenWhereNoWholeBlockHasRoom) {
  for (const std::uint64_t free_kib : {64, 128, 256, 512}) {
    for (const char* policy : {"stop", "pause"}) {
      SCOPED_TRACE(std::to_string(free_kib) + " KiB " + policy);
      const std::string path = make_disk(free_kib << 10) + "/d.pcapng";
      RecordRun record({"-i", "v1", "-B", "8", "-c", "60", "-w", path, "--on-full", policy});
      ASSERT_TRUE(record.wait_started()) << record.err();
      send(60, 100);
      EXPECT_EQ(record.wait(), 0) << record.err();
      EXPECT_EQ(record.statistics().number("/packets_written"), 60U);
      expect_valid(path, record.statistics());
      if (HasFailure()) return;
    }
  }
}

TEST_F(RecordRoom, AFileSizeLimitIsNoMatterBelowIt) {
  const std::string path = file("d.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-w", path}, with_largest_file(100 * kMiB));
  ASSERT_TRUE(record.wait_started()) << record.err();
  send(1000, 1000);
  ASSERT_TRUE(record.wait_written(1000)) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(record.statistics().number("/packets_written"), 1000U);
  expect_valid(path, record.statistics());
}

// No policy waits for what time does not change; neither limit is a multiple of a page.
TEST_F(RecordRoom, AFileThatMeetsTheLimitEndsValidAndNamesIt) {
  for (const std::uint64_t most : {8 * kMiB + 1024, 4 * kMiB + 3000}) {
    for (const char* policy : {"stop", "pause"}) {
      SCOPED_TRACE(std::to_string(most) + " bytes " + policy);
      const std::string path = file("d.pcapng");
      RecordRun record({"-i", "v1", "-B", "64", "-w", path, "--on-full", policy},
                       with_largest_file(most));
      ASSERT_TRUE(record.wait_started()) << record.err();
      send(12'000, 1000);
      EXPECT_EQ(record.wait(), 1) << record.err();
      EXPECT_NE(record.err().find("ulimit -f"), std::string::npos) << record.err();
      const Statistics statistics = record.statistics();
      EXPECT_GT(statistics.number("/packets_written"), most / 2 / 1000);
      expect_valid(path, statistics);
      EXPECT_TRUE(info_of(path).flag("/loss/disk_refused"));
      EXPECT_LE(fs::file_size(path), most);
      if (HasFailure()) return;
    }
  }
}

// Not even the first page: the write stops short, and no error says why.
TEST_F(RecordRoom, AFileSizeLimitBelowAPageIsNamed) {
  const SteadyTraffic traffic;
  const ProcessResult record = run_capstan(
      {"record", "-q", "-i", "v1", "-B", "8", "-w", file("d.pcapng")}, with_largest_file(2048));
  EXPECT_EQ(record.status, 1) << record.err;
  EXPECT_NE(record.err.find("ulimit -f"), std::string::npos) << record.err;
  EXPECT_FALSE(fs::exists(file("d.pcapng")));
}

}  // namespace
}  // namespace capstan::test
