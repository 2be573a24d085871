// The loss ledger from the writer to the answer: what a file says of itself when it is whole, one
// stripe of several, one file of a series, cut anywhere, repaired, or made by an older Capstan.
#include <fcntl.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/format/part_name.h"
#include "engine/format/ring_text.h"
#include "engine/index/file_indexer.h"
#include "engine/index/index_planner.h"
#include "engine/reader/recording_summary.h"
#include "engine/reader/recordings_together.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/ring_counts.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_ring.h"
#include "tools/info/info_json.h"
#include "tools/info/info_text.h"
#include "writers/recording/recording_writer.h"
#include "writers/repair/repair.h"

namespace capstan {
namespace {

using test::pattern_bytes;
using test::TestRing;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kBlockBytes = 16U << 10;

struct Shape {
  std::uint32_t rings = 1;
  std::uint32_t stripes = 1;
  Layout layout = Layout::kInPlace;
  std::uint32_t blocks = 4;        // of each ring
  std::uint64_t dropped_each = 0;  // in front of every block but the first
  bool closes = true;              // with the counts at the end; false: killed before
  std::uint32_t interfaces = 0;    // which the rings are of in turn; 0: each of its own
  std::uint64_t nic_dropped = 0;   // by each interface, as each of its rings says
};

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

RecordingSummary summary_of(const Bytes& bytes) {
  CaptureFile file = CaptureFile::from_bytes(bytes, "x.pcapng");
  return summarize(file);
}

RecordingSummary summary_of(const std::string& path) {
  CaptureFile file = CaptureFile::open(path);
  return summarize(file);
}

// One recording: rings whose blocks go to the stripes in turn.
class Recording {
 public:
  explicit Recording(const Shape& shape) : shape_(shape), counts_(shape.rings) {
    for (std::uint32_t ring = 0; ring < shape.rings; ++ring) {
      rings_.push_back(
          std::make_unique<TestRing>(static_cast<std::uint16_t>(ring), ring, kBlockBytes));
    }
    for (std::uint32_t stripe = 0; stripe < shape.stripes; ++stripe) {
      writers_.push_back(std::make_unique<RecordingWriter>(options(stripe), abandon_));
      given_.emplace_back(shape.rings);
    }
    for (std::uint32_t block = 0; block < shape.blocks; ++block) {
      for (std::uint32_t ring = 0; ring < shape.rings; ++ring) add_block(ring, next_stripe_);
      next_stripe_ = (next_stripe_ + 1) % shape.stripes;
    }
    for (const auto& writer : writers_) {
      EXPECT_EQ(writer->finish(shape.closes ? ledgers() : std::vector<ClosingLedger>{}), 0);
    }
  }

  std::string path(std::uint32_t stripe = 0) const {
    return (folder_.path() / ("stripe" + std::to_string(stripe))).string();
  }

 private:
  std::vector<ClosingLedger> ledgers() const {
    std::vector<ClosingLedger> ledgers = test::closing_ledgers(counts_, now_);
    for (ClosingLedger& ledger : ledgers) ledger.nic_dropped = shape_.nic_dropped;
    return ledgers;
  }

  RecordingOptions options(std::uint32_t stripe) const {
    RecordingOptions options;
    options.file.path = path(stripe);
    options.file.direct = false;
    options.file.preallocate_bytes = 0;
    options.file.sync = false;
    options.layout = shape_.layout;
    options.header.application = "capstan test";
    options.header.stripe = stripe + 1;
    options.header.stripes = shape_.stripes;
    options.header.id.fill(7);
    for (std::uint32_t ring = 0; ring < shape_.rings; ++ring) {
      const std::uint32_t interface = shape_.interfaces == 0 ? ring : ring % shape_.interfaces;
      options.header.interfaces.push_back({"v" + std::to_string(interface), "", "", 1, 262144});
      options.blocks_per_ring.push_back(shape_.blocks);
    }
    return options;
  }

  void add_block(std::uint32_t ring, std::uint32_t stripe) {
    test::RingCounts& counts = counts_[ring];
    const SealLedger ledger = counts.next_block(shape_.dropped_each, given_[stripe][ring], now_);
    std::vector<test::RingFrame> frames;
    for (std::uint32_t i = 0; i < 3 + ring + counts.packets % 3; ++i) {
      test::RingFrame frame;
      frame.data = pattern_bytes(60 + 7 * i, static_cast<std::uint8_t>(i));
      frame.timestamp_ns = now_ += 1'000;
      frames.push_back(std::move(frame));
    }
    counts.packets += frames.size();
    given_[stripe][ring] += frames.size();
    writers_[stripe]->accept(rings_[ring]->make(frames, ledger));
  }

  Shape shape_;
  test::TempDir folder_;
  std::atomic<bool> abandon_{false};
  std::vector<test::RingCounts> counts_;
  std::vector<std::unique_ptr<TestRing>> rings_;
  std::vector<std::vector<std::uint64_t>> given_;
  std::vector<std::unique_ptr<RecordingWriter>> writers_;
  std::uint32_t next_stripe_ = 0;
  std::uint64_t now_ = 1'700'000'000'000'000'000;
};

TEST(Ledger, AWholeRecordingIsProved) {
  for (const Layout layout : {Layout::kInPlace, Layout::kPacked}) {
    for (const std::uint32_t rings : {1U, 2U}) {
      const Recording recording({.rings = rings, .layout = layout});
      const RecordingSummary summary = summary_of(recording.path());
      EXPECT_EQ(summary.loss.proof, LossProof::kProved) << summary.loss.proof_reason;
      EXPECT_TRUE(summary.loss.lossless());
      EXPECT_FALSE(summary.damaged());
      EXPECT_EQ(summary.loss.received, summary.packets);
      EXPECT_EQ(summary.loss.close_reason, CloseReason::kEnded);
      ASSERT_TRUE(summary.loss.recording);
      EXPECT_EQ(summary.loss.recording->mark.id[15], 7U);
      EXPECT_EQ(tools::info_json(summary)["loss"]["proof"], "proved");
      EXPECT_EQ(tools::info_json(summary)["loss"]["lossless"], true);
      EXPECT_NE(tools::info_text(summary, true).find("stripe 1 of 1, file 1"), std::string::npos);
    }
  }
}

TEST(Ledger, EachStripeOfALosslessRecordingSaysSo) {
  for (const Layout layout : {Layout::kInPlace, Layout::kPacked}) {
    for (const std::uint32_t blocks : {1U, 2U, 5U}) {  // with one, a stripe gets nothing
      const Recording recording({.stripes = 2, .layout = layout, .blocks = blocks});
      std::uint64_t packets = 0;
      std::uint64_t received = 0;
      for (const std::uint32_t stripe : {0U, 1U}) {
        const RecordingSummary summary = summary_of(recording.path(stripe));
        EXPECT_TRUE(summary.loss.lossless()) << tools::info_text(summary, true);
        EXPECT_FALSE(summary.damaged());
        EXPECT_EQ(summary.loss.stripe, stripe + 1);
        EXPECT_EQ(summary.loss.stripes, 2U);
        packets += summary.packets;
        received = summary.loss.received;
        EXPECT_NE(tools::info_text(summary, false).find("of all " + std::to_string(received)),
                  std::string::npos)
            << tools::info_text(summary, false);
      }
      EXPECT_EQ(packets, received);
    }
  }
}

TEST(Ledger, AStripeKnowsTheLossesOfAll) {
  const Recording recording({.stripes = 2, .blocks = 6, .dropped_each = 10});
  for (const std::uint32_t stripe : {0U, 1U}) {
    const RecordingSummary summary = summary_of(recording.path(stripe));
    EXPECT_EQ(summary.loss.dropped, 50U);
    EXPECT_EQ(summary.loss.missing, 0U);
    EXPECT_EQ(summary.loss.proof, LossProof::kProved);
    std::uint64_t in_spans = 0;
    for (const LossSpan& span : summary.loss.spans) {
      EXPECT_NE(span.from_ns, 0U) << "a time is known for each";
      in_spans += span.packets;
    }
    EXPECT_EQ(in_spans, 50U);
    EXPECT_EQ(tools::info_json(summary)["loss"]["lossless"], false);
  }
}

TEST(Ledger, WithoutItsClosingLedgerItHoldsUpToItsEnd) {
  const Recording recording({.rings = 2, .closes = false});
  const RecordingSummary summary = summary_of(recording.path());
  EXPECT_EQ(summary.loss.proof, LossProof::kUpToItsEnd);
  EXPECT_FALSE(summary.damaged());
  EXPECT_TRUE(tools::info_json(summary)["loss"]["lossless"].is_null());
  const std::string text = tools::info_text(summary, false);
  EXPECT_NE(text.find("lossless up to where it ends"), std::string::npos) << text;
  EXPECT_NE(text.find("no closing ledger"), std::string::npos) << text;
}

// The section's mark and the close taken away, and heads of the first layout: a file of before.
Bytes as_before(Bytes bytes, const std::string& comment) {
  test::PcapngBuilder old;
  old.section({test::PcapngBuilder::text(1, comment)});
  std::uint32_t length = 0;
  std::memcpy(&length, &bytes[4], 4);
  bool opening = true;
  for (std::size_t at = length; at < bytes.size(); at += length) {
    std::uint32_t type = 0;
    std::memcpy(&type, &bytes[at], 4);
    std::memcpy(&length, &bytes[at + 4], 4);
    if (type == pcapng::kCapstanFileClose) continue;
    if (type == pcapng::kCapstanBlockHead) {
      BlockHead head;
      std::memcpy(&head, &bytes[at], sizeof(head));
      if (opening && head.sequence == 0) continue;
      opening = false;
      head.magic = kBlockHeadMagic1;
      head.output_packets = 0;
      std::memcpy(&bytes[at], &head, sizeof(head));
    }
    old.bytes.insert(old.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + length));
  }
  return old.bytes;
}

TEST(Ledger, RecordingsMadeBeforeAreProvedByTheirClosingLedger) {
  const Recording recording({.rings = 2});
  const Bytes old = as_before(read_file(recording.path()), "a comment");
  const RecordingSummary summary = summary_of(old);
  EXPECT_TRUE(summary.loss.lossless()) << tools::info_text(summary, true);
  const Recording killed({.rings = 2, .closes = false});
  const RecordingSummary open = summary_of(as_before(read_file(killed.path()), ""));
  EXPECT_EQ(open.loss.proof, LossProof::kUpToItsEnd);
  const Recording lossy({.blocks = 3, .dropped_each = 4});
  EXPECT_EQ(summary_of(as_before(read_file(lossy.path()), "")).loss.dropped, 8U);
}

TEST(Ledger, AStripeMadeBeforeIsNeitherDamagedNorProved) {
  const Recording recording({.stripes = 2, .blocks = 5});
  for (const std::uint32_t stripe : {0U, 1U}) {
    Bytes old = read_file(recording.path(stripe));
    old = as_before(old, "stripe " + std::to_string(stripe + 1) + " of 2");
    const RecordingSummary summary = summary_of(old);
    EXPECT_FALSE(summary.damaged()) << tools::info_text(summary, true);
    EXPECT_EQ(summary.loss.proof, LossProof::kUnknown);
    EXPECT_FALSE(summary.loss.lossy());
    EXPECT_EQ(summary.loss.stripes, 2U);
  }
}

// By its index a file without a packet that is asked for is left out: its losses must be told all
// the same, or the index must say that it does not know them.
void expect_index_tells_all(const Bytes& bytes, const std::string& what) {
  SCOPED_TRACE(what);
  const test::TempDir folder;
  const std::string path = folder.write("x.pcapng", bytes);
  const Bytes index = index_recording(path, {}).bytes;
  ASSERT_FALSE(index.empty());
  folder.write("x.pcapng.cidx", index);
  IndexPlanner planner(
      [](std::uint16_t) {
        return std::vector<FilterInstruction>{{BPF_RET, 0, 0, 0}};
      },
      {}, false);
  const FilePlan plan = planner.plan({path});
  if (planner.facts().refusal != IndexRefusal::kNone) return;  // it is read whole
  const LossReport told = summary_of(path).loss;
  EXPECT_EQ(plan.loss.dropped, told.dropped);
  EXPECT_EQ(plan.loss.interface_dropped, told.interface_dropped);
  EXPECT_EQ(plan.loss.missing, told.missing);
  EXPECT_EQ(plan.loss.whole_file, told.whole_file);
  ASSERT_EQ(plan.loss.recording.has_value(), told.recording.has_value());
  if (told.recording) {
    EXPECT_EQ(plan.loss.recording->mark.id, told.recording->mark.id);
    EXPECT_EQ(plan.loss.recording->mark.stripe, told.recording->mark.stripe);
    EXPECT_EQ(plan.loss.recording->mark.stripes, told.recording->mark.stripes);
    EXPECT_EQ(plan.loss.recording->mark.file_number, told.recording->mark.file_number);
  }
  EXPECT_EQ(told.problems.size(), 0U);
}

// Each block of a recording, to be changed: its type, and where it stands.
template <class Change>
Bytes changed(Bytes bytes, Change change) {
  std::uint32_t length = 0;
  for (std::size_t at = 0; at < bytes.size(); at += length) {
    std::uint32_t type = 0;
    std::memcpy(&type, &bytes[at], 4);
    std::memcpy(&length, &bytes[at + 4], 4);
    change(type, &bytes[at]);
  }
  return bytes;
}

TEST(Ledger, AnIndexTellsOfAllLossesOfItsFile) {
  for (const std::uint64_t dropped : {0U, 3U}) {
    for (const std::uint64_t by_the_card : {0U, 7U}) {
      const Recording recording({.rings = 2, .dropped_each = dropped, .nic_dropped = by_the_card});
      const Bytes whole = read_file(recording.path());
      EXPECT_EQ(summary_of(whole).loss.interface_dropped != 0, by_the_card != 0);
      expect_index_tells_all(whole, "whole");
      for (const CloseReason reason : {CloseReason::kDiskRefused, CloseReason::kEnded}) {
        const Bytes lacking = changed(whole, [reason](std::uint32_t type, std::uint8_t* at) {
          if (type == pcapng::kCapstanFileClose) {
            const auto number = static_cast<std::uint32_t>(reason);
            std::memcpy(at + offsetof(FileClose, reason), &number, sizeof(number));
          } else if (type == pcapng::kCapstanBlockHead) {
            BlockHead head;
            std::memcpy(&head, at, sizeof(head));
            if (head.sequence != 0 || head.output_packets == 0) return;
            head.output_packets += 5;
            head.received += 5;
            std::memcpy(at, &head, sizeof(head));
          }
        });
        EXPECT_EQ(summary_of(lacking).loss.missing, 10U);
        expect_index_tells_all(lacking, "packets are missing");
      }
      test::PcapngBuilder other;
      other.section();
      other.nanosecond_interface();
      other.packet(0, 1'700'000'000'000'000'000, pattern_bytes(60, 1), 60);
      Bytes two = whole;
      two.insert(two.end(), other.bytes.begin(), other.bytes.end());
      EXPECT_FALSE(summary_of(two).loss.whole_file);
      expect_index_tells_all(two, "a section without a ledger");
    }
  }
}

TogetherReport together_of(const std::vector<RecordingSummary>& summaries) {
  RecordingsTogether together;
  for (const RecordingSummary& summary : summaries) together.add(summary);
  return together.report();
}

TEST(Together, StripesProveTheRecordingWhenAllAreThere) {
  const Recording recording({.stripes = 3, .blocks = 7});
  std::vector<RecordingSummary> stripes;
  for (const std::uint32_t stripe : {2U, 0U, 1U}) {
    stripes.push_back(summary_of(recording.path(stripe)));
  }
  const TogetherReport all = together_of(stripes);
  EXPECT_EQ(all.recordings, 1U);
  EXPECT_EQ(all.proof, LossProof::kProved);
  EXPECT_FALSE(all.lossy());
  EXPECT_EQ(all.packets, all.received);
  EXPECT_NE(tools::together_text(all).find("lossless: "), std::string::npos);
  stripes.pop_back();
  const TogetherReport two = together_of(stripes);
  EXPECT_EQ(two.proof, LossProof::kUpToItsEnd);
  ASSERT_EQ(two.reasons.size(), 1U);
  EXPECT_EQ(two.reasons[0], "stripe 2 of 3 is not among the files");
  stripes.push_back(stripes.back());
  EXPECT_EQ(together_of(stripes).proof, LossProof::kUnknown) << "one of them twice";
}

TEST(Together, RingsAreReadAsTheyAreWritten) {
  const auto ring = parse_ring_text(ring_text({2, 3}));
  ASSERT_TRUE(ring);
  EXPECT_EQ(ring->ring, 2U);
  EXPECT_EQ(ring->rings, 3U);
  for (const char* other :
       {"", "ring", "ring 2", "ring 2 of ", "ring 0 of 3", "ring 4 of 3", "ring 2 of 3 ",
        "ring 1 of 99999999", "ring -1 of 3", "my ring 2 of 3"}) {
    EXPECT_FALSE(parse_ring_text(other)) << other;
  }
}

// --split-rings: the files of a recording's rings have its id, and nothing else in common.
TEST(Together, TheFilesOfItsRingsAreNotTakenForOneFile) {
  const Recording recording({.blocks = 5});
  std::vector<RecordingSummary> rings(2, summary_of(recording.path()));
  for (std::size_t ring = 0; ring < 2; ++ring) {
    rings[ring].interfaces[0].info.description = fmt::format("ring {} of 2", ring + 1);
    rings[ring].loss.recording->interface = "v0";
    rings[ring].loss.recording->ring = {static_cast<std::uint32_t>(ring + 1), 2};
  }
  const TogetherReport both = together_of(rings);
  EXPECT_EQ(both.recordings, 1U);
  EXPECT_EQ(both.proof, LossProof::kProved) << fmt::format("{}", fmt::join(both.reasons, "; "));
  EXPECT_EQ(both.packets, both.received);
  EXPECT_EQ(both.received, 2 * rings[0].loss.received);
  rings.push_back(rings[0]);
  EXPECT_EQ(together_of(rings).proof, LossProof::kUnknown) << "one of them twice";
  for (RecordingSummary& ring : rings) {
    ring.interfaces[0].info.description = "ring 2 of 3";
    ring.loss.recording->ring = {2, 3};
  }
  const TogetherReport one = together_of({rings[0]});
  EXPECT_EQ(one.proof, LossProof::kUpToItsEnd);
  EXPECT_EQ(one.reasons, (std::vector<std::string>{"ring 1 of 3 of v0 is not among the files",
                                                   "ring 3 of 3 of v0 is not among the files"}));
}

TEST(Together, StripesMadeBeforeProveItOnlyTogether) {
  const Recording recording({.stripes = 2, .blocks = 5, .dropped_each = 3});
  std::vector<RecordingSummary> stripes;
  for (const std::uint32_t stripe : {0U, 1U}) {
    stripes.push_back(summary_of(as_before(read_file(recording.path(stripe)),
                                           "stripe " + std::to_string(stripe + 1) + " of 2")));
  }
  const TogetherReport all = together_of(stripes);
  EXPECT_EQ(all.proof, LossProof::kProved);
  EXPECT_EQ(all.dropped, 12U) << "counted once";
  stripes.pop_back();
  EXPECT_EQ(together_of(stripes).proof, LossProof::kUnknown);
}

TEST(Together, AFileThatIsCutTakesTheProofWithIt) {
  const Recording whole({.blocks = 2});
  const Recording killed({.blocks = 2, .closes = false});
  RecordingSummary other = summary_of(killed.path());
  other.loss.recording->mark.id.fill(9);
  const TogetherReport report = together_of({summary_of(whole.path()), other});
  EXPECT_EQ(report.recordings, 2U);
  EXPECT_EQ(report.proof, LossProof::kUpToItsEnd);
  EXPECT_EQ(tools::together_json(report)["loss"]["proof"], "up_to_its_end");
  EXPECT_TRUE(tools::together_json(report)["loss"]["lossless"].is_null());
}

TogetherReport together_of(const Recording& recording, std::uint32_t stripes) {
  std::vector<RecordingSummary> summaries;
  for (std::uint32_t i = 0; i < stripes; ++i) summaries.push_back(summary_of(recording.path(i)));
  return together_of(summaries);
}

// Each ring's statistics say what its interface dropped: of all its rings together.
TEST(Ledger, WhatAnInterfaceDroppedCountsOnceForAllItsRings) {
  for (const std::uint32_t stripes : {1U, 2U}) {
    const Shape one{.rings = 4, .stripes = stripes, .interfaces = 1, .nic_dropped = 100};
    const Recording recording(one);
    for (std::uint32_t stripe = 0; stripe < stripes; ++stripe) {
      const RecordingSummary summary = summary_of(recording.path(stripe));
      EXPECT_EQ(summary.loss.interface_dropped, 100U);
      EXPECT_FALSE(summary.loss.lossless());
    }
    EXPECT_EQ(together_of(recording, stripes).interface_dropped, 100U);
    const Shape two{.rings = 4, .stripes = stripes, .interfaces = 2, .nic_dropped = 100};
    const Recording of_two(two);
    EXPECT_EQ(summary_of(of_two.path()).loss.interface_dropped, 200U);
    EXPECT_EQ(together_of(of_two, stripes).interface_dropped, 200U);
  }
}

TEST(Together, WhatAnInterfaceDroppedCountsOnceForTheFilesOfItsRings) {
  const Recording ring({.rings = 1, .nic_dropped = 100});
  RecordingSummary other = summary_of(ring.path());
  other.name = "x.ring1.pcapng";
  EXPECT_EQ(together_of({summary_of(ring.path()), other}).interface_dropped, 100U);
  other.loss.recording->mark.id.fill(9);
  EXPECT_EQ(together_of({summary_of(ring.path()), other}).interface_dropped, 200U)
      << "another recording's";
}

// Whatever is asked of a file that was cut, the answer claims no more than the bytes prove.
void check_claims(const RecordingSummary& summary, const RecordingSummary& whole,
                  std::uint64_t announced, const std::string& what) {
  SCOPED_TRACE(what);
  EXPECT_NE(summary.loss.proof, LossProof::kProved) << tools::info_text(summary, true);
  EXPECT_FALSE(summary.loss.lossless());
  EXPECT_NE(tools::info_json(summary)["loss"]["lossless"], true);
  EXPECT_LE(summary.loss.received, whole.loss.received);
  EXPECT_LE(summary.loss.dropped, whole.loss.dropped);
  EXPECT_LE(summary.packets, whole.packets);
  if (!summary.loss.lossy() && summary.loss.proof == LossProof::kUpToItsEnd) {
    EXPECT_EQ(summary.packets, announced) << "a block is not whole and nobody says so";
  }
}

// Packets that the heads in these bytes announce.
std::uint64_t announced_in(const Bytes& bytes) {
  CaptureFile file = CaptureFile::from_bytes(bytes, "x");
  PacketView packet;
  std::uint64_t announced = 0;
  for (ReadItem item; (item = file.next_item(packet)) != ReadItem::kEnd;) {
    if (item == ReadItem::kBlockHead) announced += file.block_head().packet_count;
  }
  return announced;
}

TEST(Ledger, CutAnywhereAndRepairedNoAnswerClaimsMoreThanTheBytesProve) {
  const Shape shapes[] = {
      {.layout = Layout::kInPlace, .blocks = 2},
      {.layout = Layout::kPacked, .blocks = 3, .dropped_each = 5},
      {.rings = 2, .layout = Layout::kPacked, .blocks = 2},
      {.stripes = 2, .layout = Layout::kPacked, .blocks = 4, .dropped_each = 2},
  };
  for (const Shape& shape : shapes) {
    for (const bool before : {false, true}) {
      const Recording recording(shape);
      Bytes bytes = read_file(recording.path());
      if (before) bytes = as_before(bytes, shape.stripes > 1 ? "stripe 1 of 2" : "");
      const RecordingSummary whole = summary_of(bytes);
      std::uint32_t head = 0;
      std::memcpy(&head, &bytes[4], 4);
      const test::TempDir folder;
      // In place most bytes are filler.
      const std::size_t step = shape.layout == Layout::kInPlace ? 13 : 1;
      for (std::size_t size = head; size < bytes.size(); size += step) {
        const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        const std::string what = "cut at " + std::to_string(size) + " of " +
                                 std::to_string(bytes.size()) + (before ? ", old" : "");
        const std::uint64_t announced = announced_in(cut);
        check_claims(summary_of(cut), whole, announced, what);
        if (size % 29 == 0) {  // durable writes take their time
          const std::string part = folder.write(".x.pcapng.part", cut);
          const RepairReport report = repair_recording(part, {});
          ASSERT_EQ(report.outcome, RepairReport::Outcome::kRepaired);
          const RecordingSummary repaired = summary_of(report.result_path);
          EXPECT_TRUE(repaired.end.clean());
          check_claims(repaired, whole, announced, what + ", repaired");
          std::filesystem::remove(report.result_path);
        }
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Ledger, RepairSaysInTheFileThatItCut) {
  const Recording recording({.blocks = 3});
  Bytes bytes = read_file(recording.path());
  bytes.resize(bytes.size() - 10);
  bytes.resize(bytes.size() + 8192);
  const test::TempDir folder;
  const RepairReport report = repair_recording(folder.write(".x.pcapng.part", bytes), {});
  const RecordingSummary summary = summary_of(report.result_path);
  EXPECT_EQ(summary.loss.close_reason, CloseReason::kRepaired);
  EXPECT_EQ(summary.loss.proof, LossProof::kUpToItsEnd);
  EXPECT_FALSE(summary.damaged()) << tools::info_text(summary, true);
  const std::string text = tools::info_text(summary, false);
  EXPECT_NE(text.find("lossless up to where it ends"), std::string::npos) << text;
  EXPECT_NE(text.find("it was repaired: " + std::to_string(report.cut_bytes) + " bytes"),
            std::string::npos)
      << text;
  // What is whole and only lacks its name is no less proved for getting it.
  Bytes zeros = read_file(recording.path());
  zeros.resize(zeros.size() + 8192);
  const RepairReport named = repair_recording(folder.write(".y.pcapng.part", zeros), {});
  EXPECT_TRUE(summary_of(named.result_path).loss.lossless());
  EXPECT_EQ(read_file(named.result_path), read_file(recording.path()));
}

TEST(Ledger, BytesBehindTheCloseUnproveIt) {
  const Recording recording({.blocks = 2});
  Bytes bytes = read_file(recording.path());
  test::PcapngBuilder more;
  more.packet(0, 1'700'000'001'000'000'000, pattern_bytes(60, 1), 60);
  bytes.insert(bytes.end(), more.bytes.begin(), more.bytes.end());
  const RecordingSummary summary = summary_of(bytes);
  EXPECT_FALSE(summary.loss.lossless());
  EXPECT_NE(summary.loss.proof, LossProof::kProved);
}

RecordingOptions small_options(const std::string& path) {
  RecordingOptions options;
  options.file.path = path;
  options.file.direct = false;
  options.file.preallocate_bytes = 1U << 20;
  options.file.sync = false;
  options.header.interfaces.push_back({"v0", "", "", 1, 262144});
  options.blocks_per_ring.push_back(4);
  return options;
}

TEST(StartOfAFile, ARefusedOneLeavesNothing) {
  const test::TempDir folder;
  const std::string path = folder.path() / "x.pcap";
  const std::atomic<bool> abandon{false};
  RecordingOptions mixed = small_options(path);
  mixed.format = FileFormat::kPcapMicroseconds;
  mixed.header.interfaces.push_back({"any", "", "", 276, 262144});
  mixed.blocks_per_ring.push_back(4);
  EXPECT_THROW(RecordingWriter(std::move(mixed), abandon), UsageError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  RecordingOptions unconfined = small_options(path);
  unconfined.rotation.size_bytes = 1U << 20;
  unconfined.confine_thread = [] { throw std::runtime_error("no"); };
  EXPECT_THROW(RecordingWriter(std::move(unconfined), abandon), std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  // What fails behind the writer, with its head on its way to the disk.
  { const RecordingWriter writer(small_options(path), abandon); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(EndOfAFile, APacketInADeletedFileIsNotWritten) {
  const test::TempDir folder;
  std::atomic<bool> abandon{false};
  RecordingOptions options = small_options(folder.path() / "x.pcapng");
  options.rotation.duration_ns = ~std::uint64_t{0};
  options.on_full = OnFull::kPause;
  RecordingWriter writer(std::move(options), abandon);
  TestRing ring(0, 0, kBlockBytes);
  test::RingFrame frame;
  frame.data = pattern_bytes(60, 1);
  frame.timestamp_ns = 1'700'000'000'000'000'000;
  writer.accept(ring.make({frame, frame}));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::filesystem::remove(entry.path());
  }
  abandon = true;  // a second interrupt, before anybody has looked
  EXPECT_NE(writer.finish({}), 0);
  EXPECT_EQ(writer.counters().packets_written.get(), 0U);
  EXPECT_EQ(writer.counters().packets_failed.get(), 2U);
}

// An io_uring knows a file for a while after it was closed: `info` must not take it for one that is
// still being written.
TEST(EndOfAFile, AClosedOneIsNoLongerLocked) {
  const test::TempDir folder;
  const std::string path = folder.path() / "x.pcapng";
  OutputFile file({.path = path, .direct = false, .preallocate_bytes = 0, .sync = false});
  const UniqueFd known(::dup(file.descriptor()));
  const UniqueFd other(::open(part_path(path).c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_NE(::flock(other.get(), LOCK_SH | LOCK_NB), 0) << "while it is written";
  ASSERT_EQ(file.close(0), 0);
  EXPECT_EQ(::flock(other.get(), LOCK_SH | LOCK_NB), 0);
}

TEST(EndOfAFile, ADiscardedOneGivesItsSpaceBackAlsoWhereItCannotBeRemoved) {
  const test::TempDir folder;
  const std::string path = folder.path() / "x.pcapng";
  OutputFile file({.path = path, .direct = false, .preallocate_bytes = 1U << 20});
  // As long as something knows the file, as an io_uring does for a while.
  const std::string part = part_path(path);
  const UniqueFd other(::open(part.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  ASSERT_EQ(::fstat(other.get(), &status), 0);
  EXPECT_GT(status.st_blocks, 0);
  file.discard();
  ASSERT_EQ(::fstat(other.get(), &status), 0);
  EXPECT_EQ(status.st_blocks, 0);
  EXPECT_FALSE(std::filesystem::exists(part));
}

}  // namespace
}  // namespace capstan
