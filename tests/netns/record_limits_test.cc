// What the options promise: counts, times, sizes, snap length, promiscuity.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class RecordLimits : public Sandbox {
 protected:
  static void send_frames(std::uint32_t count, std::size_t size = 100) {
    const FrameSender sender("v0");
    for (std::uint32_t number = 0; number < count; ++number) {
      sender.send(make_udp_frame(5000, number, size));
    }
  }

  // As `ip` counts who wants the interface promiscuous.
  static int promiscuity(const std::string& interface) {
    const ProcessResult result = run({"ip", "-d", "link", "show", interface});
    const std::string word = "promiscuity ";
    const std::size_t at = result.out.find(word);
    return at == std::string::npos ? -1 : std::stoi(result.out.substr(at + word.size()));
  }

  static std::vector<std::string> kernel_log_of(const std::string& interface) {
    const ProcessResult result = run({"dmesg"});
    EXPECT_EQ(result.status, 0) << result.err;
    std::vector<std::string> lines;
    std::size_t at = 0;
    while ((at = result.out.find(interface + ": ", at)) != std::string::npos) {
      const std::size_t end = result.out.find('\n', at);
      lines.push_back(result.out.substr(at, end - at));
      at = end;
    }
    return lines;
  }
};

TEST_F(RecordLimits, CountIsExact) {
  for (const char* rings : {"1", "3"}) {
    for (const char* count : {"1", "7", "1000"}) {
      for (const char* layout : {"in-place", "packed"}) {
        SCOPED_TRACE(std::string(rings) + " rings, -c " + count + " " + layout);
        const std::string target = file(std::string("count") + rings + count + layout);
        RecordRun record({"-i", "v1", "-B", "8", "--rings", rings, "--layout", layout, "-c", count,
                          "-w", target});
        ASSERT_TRUE(record.wait_started()) << record.err();
        send_frames(3000);
        ASSERT_EQ(record.wait(), 0) << record.err();
        expect_reconciled(record.statistics());
        EXPECT_EQ(std::to_string(record.statistics().number("/packets_written")), count);
        const ReadRecording recording = read_recording(target);
        EXPECT_EQ(recording.complaint, "");
        ASSERT_EQ(std::to_string(recording.packets.size()), count);
        if (std::string(rings) != "1") continue;
        for (std::uint32_t i = 0; i < recording.packets.size(); ++i) {
          ASSERT_EQ(number_of(recording.packets[i].bytes), i);  // the first ones, not any
        }
      }
    }
  }
}

TEST_F(RecordLimits, AutostopPacketsIsTheSame) {
  const std::string target = file("packets.pcap");
  RecordRun record({"-i", "v1", "-B", "8", "-F", "pcap", "-a", "packets:123", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_frames(500);
  ASSERT_EQ(record.wait(), 0) << record.err();
  expect_reconciled(record.statistics());
  expect_readable(target, 123);
}

TEST_F(RecordLimits, AutostopDurationEndsASilentLinkToo) {
  const std::string target = file("duration.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-a", "duration:0.5", "-w", target});
  ASSERT_EQ(record.wait(), 0) << record.err();
  expect_reconciled(record.statistics());
  expect_readable(target, 0);
}

TEST_F(RecordLimits, AutostopFilesizeEndsNearTheSize) {
  for (const char* layout : {"in-place", "packed", "auto", "pcap"}) {
    SCOPED_TRACE(layout);
    const std::string target = file(layout);
    const bool is_pcap = std::string(layout) == "pcap";
    RecordRun record({"-i", "v1", "-B", "16", "--block-size", "64K", is_pcap ? "-F" : "--layout",
                      layout, "-a", "filesize:1000", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_frames(3000, 1000);
    ASSERT_EQ(record.wait(), 0) << record.err();
    const Statistics statistics = record.statistics();
    expect_reconciled(statistics);
    EXPECT_GT(statistics.number("/packets_beyond_limit"), 0U);
    const std::uint64_t size = std::filesystem::file_size(target);
    // In place whole blocks: the one that would pass the limit stays out. Packed: the packet that
    // reaches it is the last, and the closing ledger follows.
    EXPECT_GT(size, 1'000'000U - 65'536 - 4096);
    EXPECT_LT(size, 1'000'000U + 65'536);
    const ReadRecording recording = read_recording(target);
    for (std::uint32_t i = 0; i < recording.packets.size(); ++i) {
      ASSERT_EQ(number_of(recording.packets[i].bytes), i);
    }
    expect_readable(target, statistics.number("/packets_written"));
  }
}

TEST_F(RecordLimits, SnapLengthCutsExactly) {
  std::mt19937 random{5};
  std::vector<Frame> frames;
  for (std::size_t size = 24; size < 400; ++size) {
    frames.push_back(make_frame(size, random, static_cast<int>(size % 3)));
  }
  for (const char* snaplen : {"1", "13", "14", "60", "97", "128"}) {
    for (const char* layout : {"in-place", "packed", "pcap"}) {
      SCOPED_TRACE(std::string(snaplen) + " " + layout);
      const std::string target = file(std::string(layout) + snaplen);
      const bool is_pcap = std::string(layout) == "pcap";
      RecordRun record({"-i", "v1", "-B", "8", "-s", snaplen, is_pcap ? "-F" : "--layout", layout,
                        "-w", target});
      ASSERT_TRUE(record.wait_started()) << record.err();
      FrameSender("v0").send_all(frames);
      ASSERT_TRUE(record.wait_received(frames.size()));
      ASSERT_EQ(record.stop(), 0) << record.err();
      expect_reconciled(record.statistics());
      EXPECT_EQ(record.statistics().number("/packets_truncated"), 0U);  // as wished is not cut
      const ReadRecording recording = read_recording(target);
      EXPECT_EQ(recording.complaint, "");
      ASSERT_EQ(recording.packets.size(), frames.size());
      const std::size_t keep = std::stoul(snaplen);
      for (std::size_t i = 0; i < frames.size(); ++i) {
        const RecordedPacket& packet = recording.packets[i];
        Frame expected = frames[i];
        expected.resize(std::min(keep, expected.size()));
        EXPECT_EQ(packet.wirelen, frames[i].size());
        ASSERT_EQ(packet.bytes, expected) << "frame of " << frames[i].size();
      }
      if (keep == 60) expect_readable(target, frames.size());
    }
  }
}

TEST_F(RecordLimits, SnapLengthWithAFilterAndOnAny) {
  const std::string target = file("any.pcapng");
  RecordRun record({"-i", "any", "-B", "8", "-s", "40", "-w", target, "udp port 5000 and inbound"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_frames(100, 500);
  ASSERT_TRUE(record.wait_received(100));
  ASSERT_EQ(record.stop(), 0) << record.err();
  const ReadRecording recording = read_recording(target);
  ASSERT_EQ(recording.packets.size(), 100U);
  for (const RecordedPacket& packet : recording.packets) {
    EXPECT_EQ(packet.bytes.size(), 40U);
    EXPECT_EQ(packet.wirelen, 500U - 14 + 20);
  }
}

// A packet larger than a ring block is cut by the kernel; that is said and counted, not silent.
TEST_F(RecordLimits, PacketLargerThanABlockIsCountedAsCut) {
  const std::string target = file("cut.pcapng");
  shell("ip link set v0 mtu 40000; ip link set v1 mtu 40000");
  RecordRun record({"-i", "v1", "-B", "1", "--block-size", "16K", "-w", target});
  ASSERT_TRUE(record.wait_started()) << record.err();
  std::mt19937 random{1};
  FrameSender("v0").send_all({make_frame(100, random), make_frame(30'000, random),
                              make_frame(16'000, random), make_frame(40'000, random)});
  ASSERT_TRUE(record.wait_received(4));
  ASSERT_EQ(record.stop(), 0) << record.err();
  const Statistics statistics = record.statistics();
  expect_reconciled(statistics);
  const ReadRecording recording = read_recording(target);
  EXPECT_EQ(recording.complaint, "");
  ASSERT_EQ(recording.packets.size(), 4U);
  std::uint64_t cut = 0;
  for (const RecordedPacket& packet : recording.packets) {
    cut += packet.bytes.size() < packet.wirelen ? 1 : 0;
  }
  EXPECT_GE(cut, 2U);
  EXPECT_EQ(statistics.number("/packets_truncated"), cut);
  EXPECT_NE(record.err().find("--block-size"), std::string::npos) << record.err();
  expect_readable(target, 4);
}

TEST_F(RecordLimits, PromiscuousWhileRecordingAndNoLonger) {
  // A name of this test's own: the kernel's log is everyone's.
  const std::string interface = "cap" + std::to_string(::getpid());
  shell("ip link set v1 down; ip link set v1 name " + interface + "; ip link set " + interface +
        " up");
  const std::string target = file("promiscuous.pcapng");
  for (const int signal : {SIGINT, SIGKILL}) {
    RecordRun record({"-i", interface, "-B", "4", "--rings", "2", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    EXPECT_EQ(promiscuity(interface), 1);
    EXPECT_EQ(record.stop(signal), signal == SIGINT ? 0 : 128 + SIGKILL);
    EXPECT_EQ(promiscuity(interface), 0);
    std::filesystem::remove(file(".promiscuous.pcapng.part"));
  }
  {
    RecordRun record({"-i", interface, "-B", "4", "-p", "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    EXPECT_EQ(promiscuity(interface), 0);
    EXPECT_EQ(record.stop(), 0) << record.err();
  }
  if (run({"dmesg"}).status != 0) GTEST_SKIP() << "the kernel's log is not readable here";
  const std::vector<std::string> log = kernel_log_of(interface);
  ASSERT_GE(log.size(), 4U);
  const std::vector<std::string> expected = {
      interface + ": entered promiscuous mode", interface + ": left promiscuous mode",
      interface + ": entered promiscuous mode", interface + ": left promiscuous mode"};
  std::vector<std::string> seen;
  std::copy_if(log.begin(), log.end(), std::back_inserter(seen), [](const std::string& line) {
    return line.find("promiscuous mode") != std::string::npos;
  });
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace capstan::test
