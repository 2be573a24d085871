// What a recorder says before anything surprises, and what its files tell a filter.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class RecordTold : public Sandbox {
 protected:
  static bool says(RecordRun& record, const std::string& text) {
    return record.err().find(text) != std::string::npos;
  }

  static void send(const std::string& interface, std::uint32_t count) {
    const FrameSender sender(interface);
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, i, 200));
  }

  std::string matching(const std::string& path, const std::string& filter) {
    const ProcessResult shown = run_capstan({"show", "--count", "-r", path, filter});
    EXPECT_EQ(shown.status, 0) << filter << shown.err;
    return shown.out.substr(0, shown.out.find(' '));
  }
};

TEST_F(RecordTold, BlocksThatCutPacketsAreSaidAtTheStartAndCutOnesAreLoss) {
  {
    RecordRun record({"-i", "v1", "-B", "8", "-w", file("large.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    EXPECT_FALSE(says(record, "those are cut")) << record.err();
    ASSERT_EQ(record.stop(), 0) << record.err();
  }
  {  // what is wished is no loss
    RecordRun record({"-i", "v1", "-B", "8", "--block-size", "64K", "-s", "128", "--fail-on-loss",
                      "-w", file("snap.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    EXPECT_FALSE(says(record, "those are cut")) << record.err();
    send("v0", 10);
    ASSERT_TRUE(record.wait_received(10));
    EXPECT_EQ(record.stop(), 0) << record.err();
  }
  shell("ip link set v0 mtu 40000; ip link set v1 mtu 40000");
  for (const bool fail : {false, true}) {
    std::vector<std::string> arguments = {"-i",           "v1",  "-B", "1",
                                          "--block-size", "16K", "-w", file("cut.pcapng")};
    if (fail) arguments.push_back("--fail-on-loss");
    RecordRun record(arguments);
    ASSERT_TRUE(record.wait_started()) << record.err();
    EXPECT_TRUE(says(record, "v1: a ring block of 16.0 KiB holds packets of ")) << record.err();
    EXPECT_TRUE(says(record, "MTU 40,000")) << record.err();
    std::mt19937 random{1};
    ASSERT_TRUE(FrameSender("v0").send(make_frame(30'000, random)));
    ASSERT_TRUE(record.wait_received(1));
    EXPECT_EQ(record.stop(), fail ? 3 : 0) << record.err();
    EXPECT_EQ(record.statistics().number("/packets_truncated"), 1U);
  }
}

TEST_F(RecordTold, SeveralLinkTypesInOneFileAreSaidAtTheStart) {
  shell("ip tuntap add t0 mode tun && ip link set t0 up");
  RecordRun record({"-i", "v1", "-i", "t0", "-B", "8", "-w", file("mixed.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  EXPECT_TRUE(says(record, "v1 is EN10MB and t0 is RAW: tcpdump and other programs on libpcap"))
      << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  RecordRun split({"-i", "v1", "-i", "t0", "-B", "8", "--split-rings", "-w", file("split.pcapng")});
  ASSERT_TRUE(split.wait_started()) << split.err();
  EXPECT_FALSE(says(split, "libpcap")) << split.err();
  ASSERT_EQ(split.stop(), 0) << split.err();
}

// In every layout: packed is what a quiet link writes.
TEST_F(RecordTold, DirectionsAreInTheFile) {
  for (const char* layout : {"in-place", "packed", "auto"}) {
    SCOPED_TRACE(layout);
    const std::string target = file(std::string(layout) + ".pcapng");
    RecordRun record({"-i", "v1", "-B", "8", "--layout", layout, "-w", target});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send("v0", 30);
    send("v1", 12);
    ASSERT_TRUE(record.wait_written(42)) << record.err();
    ASSERT_EQ(record.stop(), 0) << record.err();
    EXPECT_EQ(matching(target, "inbound"), "30");
    EXPECT_EQ(matching(target, "outbound"), "12");
    EXPECT_EQ(matching(target, "not inbound"), "12");
    EXPECT_EQ(matching(target, "inbound and tcp"), "0");
    expect_readable(target, 42);
  }
}

TEST_F(RecordTold, BroadcastsAreThoseOfTheInterfacesNetwork) {
  shell("ip addr add 198.18.0.2/24 dev v1");
  RecordRun record({"-i", "v1", "-B", "8", "-w", file("broadcast.pcapng"), "ip", "broadcast"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const FrameSender sender("v0");
  for (const std::uint8_t last : {std::uint8_t{7}, std::uint8_t{255}}) {
    Frame frame = make_udp_frame(5000, last);
    frame[30] = 198;
    frame[31] = 18;
    frame[32] = 0;
    frame[33] = last;
    ASSERT_TRUE(sender.send(frame));
  }
  ASSERT_TRUE(record.wait_received(1)) << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  const ReadRecording recording = read_recording(file("broadcast.pcapng"));
  ASSERT_EQ(recording.packets.size(), 1U);
  EXPECT_EQ(number_of(recording.packets[0].bytes), 255U);
}

// Live the kernel takes the tag out before the filter sees the packet; in the file it is there.
TEST_F(RecordTold, WhatMatchedBehindATagIsHintedAtWhenTheFileIsRead) {
  RecordRun record({"-i", "v1", "-B", "8", "-w", file("tagged.pcapng"), "udp"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  Frame frame = make_udp_frame(5000, 1, 100);
  frame.insert(frame.begin() + 12, {0x81, 0x00, 0x00, 0x07});
  ASSERT_TRUE(FrameSender("v0").send(frame));
  ASSERT_TRUE(record.wait_received(1)) << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  const ProcessResult shown = run_capstan({"show", "-r", file("tagged.pcapng"), "udp"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_NE(shown.err.find("1 packet with a VLAN tag would match behind it: 'vlan and (udp)'"),
            std::string::npos)
      << shown.err;
  EXPECT_EQ(matching(file("tagged.pcapng"), "vlan and (udp)"), "1");
  const ProcessResult audited = run_capstan({"audit", "-r", file("tagged.pcapng"), "udp"});
  EXPECT_NE(audited.err.find("'vlan and (udp)'"), std::string::npos) << audited.err;
}

}  // namespace
}  // namespace capstan::test
