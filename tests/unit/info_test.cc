// What `capstan info` says: the loss account over every source, the summary, units and JSON.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/reader/loss_account.h"
#include "engine/reader/recording_summary.h"
#include "tests/support/pcapng_builder.h"
#include "tools/common/units.h"
#include "tools/info/info_cli.h"
#include "tools/info/info_json.h"
#include "tools/info/info_text.h"

namespace capstan::tools {
namespace {

using test::pattern_bytes;
using test::PcapngBuilder;

// Writes a recording as Capstan seals it: heads in front of the packets of each block.
class Recording {
 public:
  explicit Recording(std::uint32_t rings = 1) {
    file_.section({PcapngBuilder::text(4, "capstan")});
    for (std::uint32_t i = 0; i < rings; ++i) file_.nanosecond_interface();
    counts_.resize(rings);
  }

  struct Ring {
    std::uint64_t packets = 0;
    std::uint64_t dropped = 0;
    std::uint64_t sequence = 0;
  };

  // As if `packets` and `dropped` had gone to earlier files of the recording.
  void start_at(std::uint32_t ring, Ring counts) { counts_[ring] = counts; }

  // One block with `packets` packets, in front of which `lost` were lost.
  void block(std::uint32_t ring, std::uint32_t packets, std::uint64_t lost = 0) {
    Ring& counts = counts_[ring];
    const std::uint64_t loss_begin = now_;
    now_ += 100;
    counts.dropped += lost;
    counts.packets += packets;
    head(ring, packets, ++counts.sequence, lost == 0 ? 0 : loss_begin, lost == 0 ? 0 : now_ + 1);
    for (std::uint32_t i = 0; i < packets; ++i) {
      std::vector<test::Option> options = {{2, file_.field32(1)}};
      if (i == 0 && lost != 0) options.push_back({4, file_.field64(lost)});
      file_.packet(ring, ++now_, pattern_bytes(60, 1), 60, options);
    }
  }

  // The closing ledger of a ring, with a loss behind the last packet.
  void close(std::uint32_t ring, std::uint64_t lost = 0) {
    counts_[ring].dropped += lost;
    head(ring, 0, 0, lost == 0 ? 0 : now_, 0);
    file_.statistics(ring, now_, {{7, file_.field64(counts_[ring].dropped)}});
  }

  void head(std::uint32_t ring, std::uint32_t packets, std::uint64_t sequence, std::uint64_t begin,
            std::uint64_t end) {
    std::vector<std::uint8_t> body = file_.field32(1);
    for (const std::uint32_t value : {kBlockHeadMagic, ring, packets}) {
      PcapngBuilder::append(body, file_.field32(value));
    }
    const Ring& counts = counts_[ring];
    for (const std::uint64_t value : {sequence, counts.packets + counts.dropped, counts.dropped,
                                      std::uint64_t{2}, begin, end, counts.packets}) {
      PcapngBuilder::append(body, file_.field64(value));
    }
    file_.block(pcapng::kCapstanBlockHead, body);
  }

  RecordingSummary summary() const {
    CaptureFile file = CaptureFile::from_bytes(file_.bytes, "x.pcapng");
    return summarize(file);
  }

  PcapngBuilder& file() { return file_; }
  Ring& counts(std::uint32_t ring) { return counts_[ring]; }

 private:
  PcapngBuilder file_;
  std::vector<Ring> counts_;
  std::uint64_t now_ = 1'000'000'000;
};

TEST(LossAccount, ALedgerWithoutLossProvesIt) {
  Recording recording(2);
  recording.block(0, 3);
  recording.block(1, 4);
  recording.block(0, 5);
  recording.close(0);
  recording.close(1);
  const RecordingSummary summary = recording.summary();
  EXPECT_TRUE(summary.loss.lossless());
  EXPECT_FALSE(summary.damaged());
  EXPECT_EQ(summary.loss.received, 12U);
  EXPECT_EQ(summary.packets, 12U);
  ASSERT_EQ(summary.loss.rings.size(), 2U);
  EXPECT_EQ(summary.loss.rings[0].blocks, 2U);
  EXPECT_EQ(summary.loss.rings[0].freezes, 2U);
  EXPECT_NE(info_text(summary, false).find("lossless: 12 received, 0 dropped"), std::string::npos);
}

TEST(LossAccount, NamesEveryLostSpanWithItsRingTimesAndCount) {
  Recording recording(2);
  recording.block(0, 3, 7);  // before the first packet of all
  recording.block(1, 4);
  recording.block(1, 4, 100);
  recording.block(0, 2);
  recording.close(0, 9);  // and after the last
  const RecordingSummary summary = recording.summary();
  EXPECT_FALSE(summary.loss.lossless());
  EXPECT_FALSE(summary.damaged()) << "loss is no damage";
  EXPECT_EQ(summary.loss.dropped, 116U);
  EXPECT_EQ(summary.loss.received, 129U);
  ASSERT_EQ(summary.loss.spans.size(), 3U);
  EXPECT_EQ(summary.loss.spans[0].packets, 7U);
  EXPECT_EQ(summary.loss.spans[1].source_id, 1U);
  EXPECT_EQ(summary.loss.spans[1].packets, 100U);
  EXPECT_EQ(summary.loss.spans[1].from_ns, 1'000'000'207U);
  EXPECT_EQ(summary.loss.spans[1].to_ns, 1'000'000'308U);
  EXPECT_EQ(summary.loss.spans[2].packets, 9U);
  EXPECT_EQ(summary.loss.spans[2].to_ns, 0U) << "still open at the end";
  const std::string text = info_text(summary, false);
  EXPECT_NE(text.find("116 packets lost of 129 received"), std::string::npos) << text;
  EXPECT_NE(text.find("and the end"), std::string::npos) << text;
}

TEST(LossAccount, ALaterFileOfARecordingAnswersForItselfOnly) {
  Recording recording;
  recording.start_at(0, {1'000, 50, 10});
  recording.block(0, 5, 20);
  recording.block(0, 6, 1);
  const RecordingSummary summary = recording.summary();
  EXPECT_EQ(summary.loss.dropped, 21U);
  EXPECT_EQ(summary.loss.received, 32U);
  ASSERT_EQ(summary.loss.spans.size(), 2U);
  EXPECT_EQ(summary.loss.spans[0].packets, 20U) << "from the first packet's drop count";
  EXPECT_TRUE(summary.loss.problems.empty());
  Recording quiet;
  quiet.start_at(0, {1'000, 50, 10});
  quiet.block(0, 5);
  quiet.close(0);
  EXPECT_TRUE(quiet.summary().loss.lossless()) << "what earlier files lost is theirs";
}

TEST(LossAccount, BlocksMissingFromTheFileAreNoticed) {
  Recording recording;
  recording.block(0, 5);
  recording.counts(0).packets += 8;  // a block that never reached the file
  recording.counts(0).sequence += 1;
  recording.block(0, 6);
  recording.close(0);
  const RecordingSummary summary = recording.summary();
  EXPECT_EQ(summary.loss.missing, 8U);
  EXPECT_FALSE(summary.loss.lossless());
  EXPECT_TRUE(summary.damaged());
  ASSERT_EQ(summary.loss.problems.size(), 1U);
  EXPECT_EQ(summary.loss.problems[0],
            "8 packets that the loss ledger counts are not in the file; 1 gaps in the block "
            "numbers");
}

TEST(LossAccount, EmptyBlocksLeaveGapsInTheNumbersThatMeanNothing) {
  Recording recording;
  recording.block(0, 5);
  recording.counts(0).sequence += 3;
  recording.block(0, 6);
  recording.close(0);
  EXPECT_TRUE(recording.summary().loss.lossless());
}

TEST(LossAccount, PacketsThatNoHeadCountsAreNoticed) {
  Recording recording;
  recording.block(0, 5);
  recording.file().packet(0, 2'000'000'000, pattern_bytes(60, 1), 60);
  recording.block(0, 5);
  const RecordingSummary summary = recording.summary();
  ASSERT_EQ(summary.loss.problems.size(), 1U);
  EXPECT_EQ(summary.loss.problems[0].find("1 packets more than the loss ledger counts"), 0U)
      << summary.loss.problems[0];
}

TEST(LossAccount, ACutFileIsCountedAsFarAsItGoes) {
  Recording recording;
  recording.block(0, 5);
  recording.block(0, 6);
  recording.file().bytes.resize(recording.file().bytes.size() - 50);
  const RecordingSummary summary = recording.summary();
  EXPECT_EQ(summary.packets, 10U);
  EXPECT_EQ(summary.loss.missing, 1U);
  EXPECT_TRUE(summary.damaged());
  EXPECT_TRUE(summary.loss.problems.empty()) << "the end of the file says it";
  EXPECT_EQ(summary.end.kind, FileEnd::Kind::kCutShort);
}

TEST(LossAccount, AClosingLedgerAloneIsEnoughForAWholeRecording) {
  Recording recording;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    recording.file().packet(0, i, pattern_bytes(60, 1), 60);
  }
  recording.counts(0) = {5, 3, 4};
  recording.close(0);
  const RecordingSummary summary = recording.summary();
  EXPECT_EQ(summary.loss.dropped, 3U);
  EXPECT_TRUE(summary.loss.problems.empty());
}

TEST(LossAccount, StatisticsBlocksOfOtherProgramsAreDeltas) {
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  file.packet(0, 10, pattern_bytes(60, 1), 60);
  file.statistics(0, 100, {{7, file.field64(0)}, {4, file.field64(1)}});
  file.statistics(0, 200, {{7, file.field64(5)}, {5, file.field64(2)}, {4, file.field64(9)}});
  CaptureFile capture = CaptureFile::from_bytes(file.bytes, "x");
  const RecordingSummary summary = summarize(capture);
  EXPECT_EQ(summary.loss.source, LossSource::kStatistics);
  EXPECT_EQ(summary.loss.dropped, 5U);
  EXPECT_EQ(summary.loss.interface_dropped, 2U);
  ASSERT_EQ(summary.loss.spans.size(), 1U);
  EXPECT_EQ(summary.loss.spans[0].from_ns, 100U);
  EXPECT_EQ(summary.loss.spans[0].to_ns, 200U);
  EXPECT_EQ(summary.loss.spans[0].packets, 7U);
  EXPECT_FALSE(summary.loss.lossless());
}

TEST(LossAccount, SayingNothingIsNotLossless) {
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  file.packet(0, 10, pattern_bytes(60, 1), 60);
  CaptureFile silent = CaptureFile::from_bytes(file.bytes, "x");
  const RecordingSummary first = summarize(silent);
  EXPECT_EQ(first.loss.source, LossSource::kNone);
  EXPECT_FALSE(first.loss.lossless());
  EXPECT_NE(info_text(first, false).find("no loss information in this file"), std::string::npos);
  EXPECT_TRUE(info_json(first)["loss"]["lossless"].is_null());
  file.packet(0, 20, pattern_bytes(60, 1), 60, {{4, file.field64(6)}});
  CaptureFile counted = CaptureFile::from_bytes(file.bytes, "x");
  const RecordingSummary second = summarize(counted);
  EXPECT_EQ(second.loss.source, LossSource::kPacketOptions);
  EXPECT_EQ(second.loss.dropped, 6U);
  ASSERT_EQ(second.loss.spans.size(), 1U);
  EXPECT_EQ(second.loss.spans[0].from_ns, 10U);
  EXPECT_EQ(second.loss.spans[0].to_ns, 20U);
}

TEST(LossAccount, ASectionWithoutALedgerUnprovesTheFile) {
  Recording recording;
  recording.block(0, 5);
  recording.file().section();
  recording.file().nanosecond_interface();
  recording.file().packet(0, 10, pattern_bytes(60, 1), 60);
  const RecordingSummary summary = recording.summary();
  EXPECT_FALSE(summary.loss.whole_file);
  EXPECT_FALSE(summary.loss.lossless());
  EXPECT_TRUE(info_json(summary)["loss"]["lossless"].is_null());
}

TEST(LossAccount, HostileLedgersCostBoundedMemory) {
  LossAccount account;
  account.begin_section();
  BlockHead head{};
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    head.ring = i % 5'000;
    head.dropped = i;
    head.loss_begin_ns = 1;
    account.add_head(head, i);
  }
  const LossReport report = account.finish({});
  EXPECT_LE(report.rings.size(), 4'096U);
  EXPECT_LE(report.spans.size(), kMaxLossSpans);
  EXPECT_GT(report.spans_omitted, 0U);
}

TEST(Events, AreReadInEitherByteOrderAndShown) {
  for (const bool swapped : {false, true}) {
    PcapngBuilder file(swapped);
    file.section();
    file.nanosecond_interface();
    std::vector<std::uint8_t> body;
    // The layout as documented in recorded_event.h: magic, interface, time, what.
    for (const std::uint32_t value : {0x43504531U, 0U, 0U, 1'500'000'000U, 6U}) {
      PcapngBuilder::append(body, file.field32(value));
    }
    file.add_options(body, {PcapngBuilder::text(1, "v1: MTU 1500, was \x1B[1m9000")});
    file.block(0x80435003, body);
    PcapngBuilder::append(body, file.field32(0));
    body.resize(12);
    file.block(0x80435003, body);  // too short: skipped like any block
    CaptureFile capture = CaptureFile::from_bytes(file.bytes, "x");
    const RecordingSummary summary = summarize(capture);
    EXPECT_TRUE(summary.end.clean());
    ASSERT_EQ(summary.events.size(), 1U);
    EXPECT_EQ(summary.events[0].timestamp_ns, 1'500'000'000U);
    EXPECT_EQ(summary.events[0].change, LinkChange::kMtu);
    EXPECT_EQ(info_json(summary)["events"][0]["change"], "mtu");
    EXPECT_EQ(info_json(summary)["events"][0]["time"], "1970-01-01T00:00:01.500000000Z");
    EXPECT_NE(info_text(summary, false).find("v1: MTU 1500, was .[1m9000"), std::string::npos)
        << "no terminal codes";
  }
}

TEST(InfoJson, HasTheDocumentedKeysAndSurvivesInvalidText) {
  PcapngBuilder file;
  file.section();
  file.interface(1, 96, {PcapngBuilder::text(2, "eth\xFF\x01")});
  file.packet(0, 1'500'000, pattern_bytes(60, 1), 100);
  file.packet(0, 2'500'000, pattern_bytes(60, 1), 60);
  CaptureFile capture = CaptureFile::from_bytes(file.bytes, "x");
  const RecordingSummary summary = summarize(capture);
  const nlohmann::ordered_json json = info_json(summary);
  EXPECT_EQ(json["packets"], 2);
  EXPECT_EQ(json["captured_bytes"], 120);
  EXPECT_EQ(json["wire_bytes"], 160);
  EXPECT_EQ(json["truncated_packets"], 1);
  EXPECT_EQ(json["first_ns"], 1'500'000'000);
  EXPECT_EQ(json["first_time"], "1970-01-01T00:00:01.500000000Z");
  EXPECT_EQ(json["duration_s"], 1.0);
  EXPECT_EQ(json["bits_per_second"], 1280.0);
  EXPECT_EQ(json["interfaces"][0]["link_type_name"], "ETHERNET");
  EXPECT_EQ(json["end"]["state"], "clean");
  EXPECT_NO_THROW(static_cast<void>(
      json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
  EXPECT_NE(info_text(summary, false).find("eth.."), std::string::npos) << "no terminal codes";
}

TEST(Units, ReadAsPeopleWriteThem) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(human_bytes(1'023), "1023 bytes");
  EXPECT_EQ(human_bytes(1'536), "1.5 KiB");
  EXPECT_EQ(human_bytes(~std::uint64_t{0}), "16.0 EiB");
  EXPECT_EQ(human_rate(0), "0.00 ");
  EXPECT_EQ(human_rate(9'996), "10.0 k");
  EXPECT_EQ(human_rate(14'880'000), "14.9 M");
  EXPECT_EQ(human_duration(900), "900 ns");
  EXPECT_EQ(human_duration(12'345'678'901), "12.346 s");
  EXPECT_EQ(human_duration(3'723'000'000'000), "1 h 02 min 03 s");
  EXPECT_EQ(utc_time(1'700'000'000'000'000'001), "2023-11-14T22:13:20.000000001Z");
  EXPECT_EQ(printable("a\x1B[31m\n\xC3"), "a.[31m..");
}

TEST(InfoCommandLine, ReadsFilesAndFlagsAndRefusesNonsense) {
  const char* good[] = {"info", "--json", "a.pcap", "-"};
  const auto line = parse_info_command_line(4, good);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->files, (std::vector<std::string>{"a.pcap", "-"}));
  EXPECT_TRUE(line->json);
  const char* none[] = {"info"};
  EXPECT_THROW(parse_info_command_line(1, none), UsageError);
  const char* twice[] = {"info", "-", "-"};
  EXPECT_THROW(parse_info_command_line(3, twice), UsageError);
  const char* unknown[] = {"info", "--nonsense", "x"};
  EXPECT_THROW(parse_info_command_line(3, unknown), UsageError);
}

}  // namespace
}  // namespace capstan::tools
