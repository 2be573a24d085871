// Conservation: every packet received is in the file or in a named class, counted by others too,
// and what the kernel dropped is what the file lacks, to the packet.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "engine/core/unique_fd.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class RecordCounts : public Sandbox {
 protected:
  // Sends with `capstan blast`; how many frames the link refused, which is none unless
  // `may_refuse`: XDP's queue of a veth holds 256 frames, and its reader may not have its turn.
  static std::uint64_t blast(const std::string& engine, const std::string& sizes,
                             std::uint64_t count, std::uint64_t first = 0,
                             const std::vector<std::string>& more = {}, bool may_refuse = false) {
    std::vector<std::string> arguments = {"blast",
                                          "-i",
                                          "v0",
                                          "--engine",
                                          engine,
                                          "-s",
                                          sizes,
                                          "-c",
                                          std::to_string(count),
                                          "--first",
                                          std::to_string(first),
                                          "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult result = run_capstan(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    const std::uint64_t refused = Statistics(result.out).number("/refused");
    EXPECT_TRUE(may_refuse || refused == 0) << result.out;
    EXPECT_EQ(Statistics(result.out).number("/sent"), count - refused) << result.out;
    return refused;
  }

  // What the statistics say was dropped is, beside what never went out, what is missing in the
  // file, and what the file's own ledger says.
  static void expect_loss_agrees(const Statistics& statistics, const std::string& target,
                                 std::uint64_t sent, std::uint64_t refused = 0) {
    expect_reconciled(statistics);
    EXPECT_EQ(statistics.number("/packets_received"), sent - refused);
    const std::uint64_t dropped = statistics.number("/packets_dropped");
    const Statistics verified = verify_of({target}, sent);
    EXPECT_EQ(verified.number("/streams/0/missing"), dropped + refused) << statistics.all();
    EXPECT_EQ(verified.number("/streams/0/duplicates"), 0U);
    EXPECT_EQ(verified.number("/damaged"), 0U);
    EXPECT_EQ(verified.number("/packets"), statistics.number("/packets_written"));
    EXPECT_EQ(verified.text("/files/0/problem"), "");
    const Statistics info = info_of(target);
    EXPECT_EQ(info.number("/packets"), statistics.number("/packets_written"));
    if (info.text("/format") == "pcapng") {
      EXPECT_EQ(info.text("/loss/source"), "ledger") << info.all();
      EXPECT_EQ(info.flag("/loss/lossless"), dropped == 0) << info.all();
      EXPECT_EQ(info.number("/loss/packets_dropped"), dropped) << info.all();
      EXPECT_EQ(info.number("/loss/packets_missing"), 0U) << info.all();  // of those not dropped
      EXPECT_EQ(info.size("/loss/problems"), 0U) << info.all();
      EXPECT_EQ(info.size("/loss/spans") == 0, dropped == 0);
    }
    expect_readable(target, statistics.number("/packets_written"));
  }
};

TEST_F(RecordCounts, EverySentPacketIsCountedAndWritten) {
  constexpr std::uint64_t kCount = 12'000;
  for (const char* engine : {"ring", "xdp"}) {
    for (const char* layout : {"in-place", "packed", "auto"}) {
      SCOPED_TRACE(std::string(engine) + " " + layout);
      const std::string target = file(std::string(engine) + "-" + layout + ".pcapng");
      RecordRun record({"-i", "v1", "-B", "128", "--layout", layout, "-w", target});
      ASSERT_TRUE(record.wait_started()) << record.err();
      const std::uint64_t refused =
          blast(engine, "imix", kCount, 0, {}, engine == std::string_view("xdp"));
      ASSERT_TRUE(record.wait_received(kCount - refused));
      ASSERT_EQ(record.stop(), 0) << record.err();
      EXPECT_NE(record.err().find("reconciled:"), std::string::npos) << record.err();
      expect_loss_agrees(record.statistics(), target, kCount, refused);
    }
  }
}

TEST_F(RecordCounts, SeveralRingsConserveToo) {
  constexpr std::uint64_t kCount = 12'000;
  const std::string target = file("rings.pcapng");
  RecordRun record({"-i", "v1", "-B", "64", "--rings", "4", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  blast("ring", "imix", kCount, 0, {"--flows", "64"});
  ASSERT_TRUE(record.wait_received(kCount));
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_loss_agrees(record.statistics(), target, kCount);
}

TEST_F(RecordCounts, NothingAtAllIsAValidRecording) {
  for (const char* format : {"pcapng", "pcap", "pcap-ns"}) {
    const std::string target = file(format);
    RecordRun record({"-i", "v1", "-B", "4", "-F", format, "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    ASSERT_EQ(record.stop(), 0) << record.err();
    expect_reconciled(record.statistics());
    expect_readable(target, 0);
  }
}

// A reader that stops behind a FIFO: the ring of 1 MiB fills, the kernel drops and counts; then it
// goes on, and so does the recording. Twice.
TEST_F(RecordCounts, ForcedLossIsReportedToThePacket) {
  for (const char* layout : {"packed", "in-place", "pcap"}) {
    SCOPED_TRACE(layout);
    const std::string fifo = file(std::string("fifo-") + layout);
    const std::string target = file(std::string("lossy-") + layout);
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ProcessOptions to_file;
    to_file.stdout_fd = out.get();
    Process reader({"cat", fifo}, to_file);
    const bool is_pcap = std::string(layout) == "pcap";
    RecordRun record({"-i", "v1", "-B", "1", "--block-size", "64K", is_pcap ? "-F" : "--layout",
                      layout, "--fail-on-loss", "-w", fifo});
    ASSERT_TRUE(record.wait_started()) << record.err();
    std::uint64_t sent = 0;
    for (int round = 0; round < 2; ++round) {
      reader.signal(SIGSTOP);
      blast("ring", "60-1514", 6000, sent);
      sent += 6000;
      ASSERT_TRUE(record.wait_received(sent));
      reader.signal(SIGCONT);
      const std::uint64_t kept = sent - record.statistics().number("/packets_dropped");
      ASSERT_TRUE(record.wait_written(kept));
      blast("ring", "200", 100, sent);
      sent += 100;
      ASSERT_TRUE(record.wait_received(sent));
    }
    EXPECT_EQ(record.stop(), 3) << record.err();
    EXPECT_EQ(reader.wait(), 0);
    const Statistics statistics = record.statistics();
    EXPECT_GT(statistics.number("/packets_dropped"), 1000U);
    EXPECT_GT(statistics.number("/freezes"), 0U);
    expect_loss_agrees(statistics, target, sent);
  }
}

// The loss nothing came after: it is in the closing ledger.
TEST_F(RecordCounts, LossAtTheEndIsInTheFileToo) {
  const std::string fifo = file("fifo");
  const std::string target = file("lossy.pcapng");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ProcessOptions to_file;
  to_file.stdout_fd = out.get();
  Process reader({"cat", fifo}, to_file);
  RecordRun record({"-i", "v1", "-B", "1", "--block-size", "64K", "-w", fifo});
  ASSERT_TRUE(record.wait_started()) << record.err();
  reader.signal(SIGSTOP);
  blast("ring", "1000", 6000);
  ASSERT_TRUE(record.wait_received(6000));
  record.process().signal(SIGINT);
  reader.signal(SIGCONT);
  EXPECT_EQ(record.wait(), 0) << record.err();
  EXPECT_EQ(reader.wait(), 0);
  EXPECT_GT(record.statistics().number("/packets_dropped"), 1000U);
  expect_loss_agrees(record.statistics(), target, 6000);
}

// At full speed into the smallest ring to a disk: dropped or not, the numbers agree.
TEST_F(RecordCounts, WhateverATinyRingLosesIsKnown) {
  constexpr std::uint64_t kCount = 40'000;
  for (const char* rings : {"1", "2"}) {
    SCOPED_TRACE(rings);
    const std::string target = file(std::string("tiny") + rings);
    RecordRun record({"-i", "v1", "-B", "0.0625", "--block-size", "16K", "--rings", rings,
                      "--retire-ms", "5", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    blast("ring", "imix", kCount, 0, {"--flows", "32"});
    ASSERT_TRUE(record.wait_received(kCount));
    ASSERT_EQ(record.stop(), 0) << record.err();
    expect_loss_agrees(record.statistics(), target, kCount);
  }
}

// Traffic that does not end with the recording: the accounts still close.
TEST_F(RecordCounts, ReconcilesInTheMiddleOfTraffic) {
  for (const char* rings : {"1", "3"}) {
    SCOPED_TRACE(rings);
    const std::string target = file(std::string("middle") + rings);
    Process traffic({capstan_binary(), "blast", "-i", "v0", "--engine", "ring", "-s", "100",
                     "--pps", "40k", "--flows", "32", "-d", "30"});
    RecordRun record({"-i", "v1", "-B", "16", "--rings", rings, "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    ASSERT_TRUE(record.wait_received(8000));
    ASSERT_EQ(record.stop(), 0) << record.err();
    const Statistics statistics = record.statistics();
    expect_reconciled(statistics);
    const ReadRecording recording = read_recording(target);
    EXPECT_EQ(recording.complaint, "");
    EXPECT_EQ(recording.packets.size(), statistics.number("/packets_written"));
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kAllowanceKiB = 2 << 20;  // the sanitizer's own memory
#else
constexpr std::uint64_t kAllowanceKiB = 64 << 10;
#endif

TEST_F(RecordCounts, MemoryIsTheRingAnd64MiB) {
  constexpr std::uint64_t kRingKiB = 96 << 10;
  RecordRun record({"-i", "v1", "-B", "96", "-w", file("memory.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  blast("ring", "1514", 100'000);
  ASSERT_TRUE(record.wait_received(100'000));
  std::ifstream status("/proc/" + std::to_string(record.process().pid()) + "/status");
  std::uint64_t peak_kib = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> peak_kib;
  }
  EXPECT_GT(peak_kib, 0U);
  EXPECT_LE(peak_kib, kRingKiB + kAllowanceKiB);
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
}

}  // namespace
}  // namespace capstan::test
