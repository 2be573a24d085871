// Recordings hold the frames that were on the wire, byte for byte, whatever their sizes and tags,
// and other programs open them without a word.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

struct Variant {
  const char* name;
  std::vector<std::string> options;
  bool in_place = false;
};

const Variant kVariants[] = {{"in-place", {"--layout", "in-place"}, true},
                             {"packed", {"--layout", "packed"}},
                             {"auto", {}},
                             {"pcap", {"-F", "pcap"}},
                             {"pcap-ns", {"-F", "pcap-ns"}}};

class RecordBytes : public Sandbox {
 protected:
  std::vector<std::string> options_for(const Variant& variant, const std::string& target) {
    std::vector<std::string> options = {"-i", "v1", "-q", "-B", "16", "-w", target};
    options.insert(options.end(), variant.options.begin(), variant.options.end());
    return options;
  }

  // Sends the frames while `capstan record` runs and compares what is in the file. Returns the
  // final statistics.
  Statistics record_and_compare(const std::vector<std::string>& options,
                                const std::vector<Frame>& frames, const std::string& target,
                                unsigned pause_us = 0) {
    RecordRun record(options);
    EXPECT_TRUE(record.wait_started()) << record.err();
    const FrameSender sender("v0");
    for (const Frame& frame : frames) {
      sender.send(frame);
      if (pause_us != 0) ::usleep(pause_us);
    }
    EXPECT_TRUE(record.wait_received(frames.size()));
    EXPECT_EQ(record.stop(), 0) << record.err();
    // Small blocks are named at the start; nothing else is to be said.
    EXPECT_TRUE(record.err().empty() || record.err().find("a ring block of") != std::string::npos)
        << record.err();
    Statistics statistics = record.statistics();
    expect_reconciled(statistics);
    EXPECT_EQ(statistics.number("/packets_written"), frames.size()) << statistics.all();
    EXPECT_EQ(statistics.number("/packets_truncated"), 0U);
    EXPECT_EQ(statistics.number("/files/0/bytes_written"), std::filesystem::file_size(target));
    const ReadRecording recording = read_recording(target);
    EXPECT_EQ(recording.complaint, "");
    EXPECT_EQ(recording.link_type, 1);
    EXPECT_EQ(difference(frames, frames_of(recording)), "");
    for (const RecordedPacket& packet : recording.packets) {
      EXPECT_EQ(packet.wirelen, packet.bytes.size());
    }
    return statistics;
  }

  std::mt19937 random_{20251123};
};

TEST_F(RecordBytes, EverySizeAndTag) {
  std::vector<Frame> frames;
  for (int tags = 0; tags <= 2; ++tags) {
    for (std::size_t size = tags == 0 ? 14 : 16 + 4 * static_cast<std::size_t>(tags); size <= 200;
         ++size) {
      frames.push_back(make_frame(size, random_, tags));
    }
    frames.push_back(make_frame(1514, random_, tags));
  }
  std::uniform_int_distribution<std::size_t> sizes(24, 9000);
  for (int count = 0; count < 900; ++count) {
    frames.push_back(make_frame(sizes(random_), random_, count % 3));
  }
  for (const Variant& variant : kVariants) {
    SCOPED_TRACE(variant.name);
    const std::string target = file(variant.name);
    const Statistics statistics = record_and_compare(options_for(variant, target), frames, target);
    if (variant.in_place) {
      EXPECT_EQ(statistics.number("/files/0/blocks_packed"), 0U);
    }
    expect_readable(target, frames.size());
  }
}

// Blocks of one packet each, of every size around all of a direct write's 4096 bytes: wherever the
// last packet ends, the block is valid up to the alignment.
TEST_F(RecordBytes, EveryTailLengthInPlace) {
  std::vector<Frame> frames;
  for (std::size_t size = 14; size < 14 + 4096 + 200; size += 3) {
    frames.push_back(make_frame(size, random_));
  }
  const std::string target = file("tails.pcapng");
  std::vector<std::string> options = options_for(kVariants[0], target);
  options.insert(options.end(), {"--retire-ms", "1", "--block-size", "16K"});
  // The pause only makes most blocks hold one packet; that some hold more is fine.
  const Statistics statistics = record_and_compare(options, frames, target, 1500);
  EXPECT_GT(statistics.number("/blocks"), frames.size() / 8);
  expect_readable(target, frames.size());
}

// A growing number of packets in each part-filled block.
TEST_F(RecordBytes, PartFilledBlocksOfEveryCount) {
  const std::string target = file("counts.pcapng");
  std::vector<std::string> options = options_for(kVariants[0], target);
  options.insert(options.end(), {"--retire-ms", "1", "--block-size", "64K"});
  RecordRun record(options);
  ASSERT_TRUE(record.wait_started()) << record.err();
  const FrameSender sender("v0");
  std::vector<Frame> frames;
  for (std::size_t count = 1; count <= 120; ++count) {
    for (std::size_t i = 0; i < count; ++i) {
      frames.push_back(make_frame(60 + count, random_, static_cast<int>(i % 3)));
      sender.send(frames.back());
    }
    ::usleep(2500);
  }
  ASSERT_TRUE(record.wait_received(frames.size()));
  ASSERT_EQ(record.stop(), 0) << record.err();
  expect_reconciled(record.statistics());
  EXPECT_GT(record.statistics().number("/blocks"), 20U);
  const ReadRecording recording = read_recording(target);
  EXPECT_EQ(recording.complaint, "");
  EXPECT_EQ(difference(frames, frames_of(recording)), "");
  expect_readable(target, frames.size());
}

// A 16 KiB block has 16384 - 104 - 8 bytes for slots of 84 bytes and the frame, in multiples of 8
// (__packet_lookup_frame_in_block: the end must stay below the block's): 18 frames of 813 to 820
// bytes fill it to the last byte the kernel would fill.
TEST_F(RecordBytes, BlocksFilledToTheLastByte) {
  for (const Variant& variant : {kVariants[0], kVariants[1]}) {
    SCOPED_TRACE(variant.name);
    std::vector<Frame> frames;
    for (int count = 0; count < 18 * 40; ++count) {
      frames.push_back(make_frame(813 + static_cast<std::size_t>(count / 18 % 8), random_));
    }
    const std::string target = file(std::string("full-") + variant.name);
    std::vector<std::string> options = options_for(variant, target);
    options.insert(options.end(), {"--block-size", "16K", "--retire-ms", "2000"});
    const Statistics statistics = record_and_compare(options, frames, target);
    EXPECT_EQ(statistics.number("/blocks"), 40U);
    expect_readable(target, frames.size());
  }
}

// Small blocks and sizes at random: the blocks end everywhere.
TEST_F(RecordBytes, BlocksEndAnywhere) {
  std::uniform_int_distribution<std::size_t> sizes(24, 1514);
  std::vector<Frame> frames;
  for (int count = 0; count < 12'000; ++count) {
    frames.push_back(make_frame(sizes(random_), random_, count % 3));
  }
  const std::string target = file("random.pcapng");
  std::vector<std::string> options = options_for(kVariants[0], target);
  options.insert(options.end(), {"--block-size", "16K", "-B", "32"});
  options.erase(options.begin() + 3, options.begin() + 5);  // the other -B
  record_and_compare(options, frames, target);
  expect_readable(target, frames.size());
}

TEST_F(RecordBytes, SuricataReadsAMixedFile) {
  std::vector<Frame> frames;
  for (std::uint32_t number = 0; number < 300; ++number) {
    frames.push_back(make_udp_frame(5000, number, 46 + number * 4));
  }
  for (const Variant& variant : kVariants) {
    SCOPED_TRACE(variant.name);
    const std::string target = file(variant.name);
    record_and_compare(options_for(variant, target), frames, target);
    const std::string config = file("suricata.yaml");
    std::ofstream(config) << "%YAML 1.1\n---\nstats:\n  enabled: no\n"
                             "outputs:\n  - eve-log:\n      enabled: no\n"
                             "logging:\n  default-log-level: warning\n  outputs:\n"
                             "    - console:\n        enabled: yes\n"
                             "app-layer:\n  protocols: {}\n";
    const ProcessResult suricata = run({"suricata", "-r", target, "-c", config, "-S", "/dev/null",
                                        "-l", directory(), "--runmode", "single"});
    EXPECT_EQ(suricata.status, 0) << suricata.err;
    EXPECT_EQ(suricata.out.find("Error"), std::string::npos) << suricata.out;
    EXPECT_EQ(suricata.err.find("Error"), std::string::npos) << suricata.err;
  }
}

}  // namespace
}  // namespace capstan::test
