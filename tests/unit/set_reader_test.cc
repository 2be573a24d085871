// A set of recordings as one stream: which files, in which order, what is said of each, and what of
// them is written out again.
#include "engine/reader/set_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <vector>

#include "engine/core/errors.h"
#include "engine/format/block_head.h"
#include "engine/reader/completeness.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/stored_packet.h"
#include "tests/support/temp_dir.h"
#include "writers/recording/packet_copier.h"

namespace capstan {
namespace {

using test::Option;
using test::PcapngBuilder;
using test::TempDir;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBase = 1'700'000'000 * kSecond;

Bytes one_interface(const std::vector<std::uint64_t>& times, const std::string& name = "eth0") {
  PcapngBuilder file;
  file.section();
  file.interface(1, 65535, {PcapngBuilder::text(2, name), {9, {9}}});
  for (const std::uint64_t time : times) {
    file.packet(0, kBase + time, test::pattern_bytes(60, static_cast<std::uint8_t>(time)), 60);
  }
  return file.bytes;
}

std::vector<std::uint64_t> times_of(SetReader& reader) {
  std::vector<std::uint64_t> times;
  SetPacket packet;
  while (reader.next(packet)) times.push_back(packet.packet.timestamp_ns - kBase);
  return times;
}

std::vector<std::uint64_t> times_of(const std::vector<std::string>& names,
                                    SetReaderOptions options = {}) {
  SetReader reader(RecordingSet::find(names), std::move(options));
  return times_of(reader);
}

TEST(RecordingSet, FilesDirectoriesPatternsAndWhatIsBeingWritten) {
  const TempDir dir;
  dir.write("b.pcapng", one_interface({1}));
  dir.write("a.pcapng", one_interface({2}));
  dir.write("a.pcapng.cidx", one_interface({3}));
  dir.write(".hidden", one_interface({4}));
  dir.write(".c.pcapng.part", one_interface({5}));
  std::filesystem::create_directory(dir.path() / "sub");
  dir.write("sub/d.pcapng", one_interface({6}));
  std::filesystem::create_symlink(dir.path(), dir.path() / "circle");
  const std::string root = dir.path();
  const RecordingSet all = RecordingSet::find({root, root + "/a.pcapng"});
  ASSERT_EQ(all.files.size(), 4U);
  EXPECT_TRUE(all.files[0].unfinished);
  EXPECT_EQ(all.files[1].path, root + "/a.pcapng");
  EXPECT_EQ(all.files[3].path, root + "/sub/d.pcapng");
  EXPECT_EQ(RecordingSet::find({root + "/[ab].pcapng"}).files.size(), 2U);
  // A recording under way has a hidden name until it is finished.
  const RecordingSet growing = RecordingSet::find({root + "/c.pcapng"});
  ASSERT_EQ(growing.files.size(), 1U);
  EXPECT_TRUE(growing.files[0].named);
  EXPECT_TRUE(growing.files[0].unfinished);
  EXPECT_THROW(RecordingSet::find({root + "/none.pcapng"}), UsageError);
  EXPECT_THROW(RecordingSet::find({root + "/*.none"}), UsageError);
}

TEST(SetReader, FilesThatOverlapAreOneStreamInTimeOrder) {
  const TempDir dir;
  dir.write("a.pcapng", one_interface({1, 4, 7, 100 * kSecond}));
  dir.write("b.pcapng", one_interface({2, 5, 8}));
  dir.write("c.pcapng", one_interface({3, 6, 9, 50 * kSecond}));
  dir.write("notes.txt", Bytes{'h', 'e', 'l', 'l', 'o'});
  dir.write("empty.pcapng", {});
  EXPECT_EQ(times_of({dir.path()}),
            (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 50 * kSecond, 100 * kSecond}));
}

TEST(SetReader, ManyFilesAreOpenOneAfterAnother) {
  const TempDir dir;
  std::vector<std::uint64_t> expected;
  // The names' order is not that of time.
  for (std::uint64_t i = 0; i < 300; ++i) {
    dir.write(std::to_string((i * 7919) % 1000) + ".pcapng",
              one_interface({i * 10 * kSecond, i * 10 * kSecond + 1}));
    expected.push_back(i * 10 * kSecond);
    expected.push_back(i * 10 * kSecond + 1);
  }
  EXPECT_EQ(times_of({dir.path()}), expected);
}

TEST(SetReader, RingsOfOneFileAreSortedAndClocksThatJumpLoseNothing) {
  const TempDir dir;
  PcapngBuilder file;
  file.section();
  for (int ring = 0; ring < 3; ++ring) file.nanosecond_interface();
  std::mt19937 random(7);
  std::vector<std::uint64_t> expected;
  std::vector<std::uint64_t> next(3);
  for (int block = 0; block < 60; ++block) {
    const std::uint32_t ring = static_cast<std::uint32_t>(random() % 3);
    for (int i = 0; i < 20; ++i) {
      next[ring] += 1 + random() % 50;
      file.packet(ring, kBase + next[ring], test::pattern_bytes(40, 1), 40);
      expected.push_back(next[ring]);
    }
  }
  std::sort(expected.begin(), expected.end());
  const std::string path = dir.write("rings.pcapng", file.bytes);
  EXPECT_EQ(times_of({path}), expected);
  // One interface: the order of the file stands, whatever its times say.
  const std::vector<std::uint64_t> jumps = {10, 20, 5, 30, 1, 40};
  EXPECT_EQ(times_of({dir.write("jumps.pcapng", one_interface(jumps))}), jumps);
}

TEST(SetReader, TimeAndFilterChooseAndTheEndIsExclusive) {
  const TempDir dir;
  const std::string path = dir.write("a.pcapng", one_interface({1, 2, 3, 4, 5}));
  SetReaderOptions options;
  options.range = {kBase + 2, kBase + 5};
  options.accept = [](const PacketView& packet) { return packet.timestamp_ns != kBase + 3; };
  EXPECT_EQ(times_of({path}, options), (std::vector<std::uint64_t>{2, 4}));
}

// Who looks at no file because he was stopped must not be taken for one who found nothing.
// Later times than a 64-bit number of nanoseconds has all read as the last one.
TEST(SetReader, TheLastTimeThatThereIsIsInEveryRangeWithoutAnEnd) {
  const TempDir dir;
  constexpr std::uint64_t kLast = ~std::uint64_t{0};
  const std::string path = dir.write("a.pcapng", one_interface({0, kLast - kBase}));
  EXPECT_EQ(times_of({path}), (std::vector<std::uint64_t>{0, kLast - kBase}));
  SetReaderOptions options;
  options.range.since_ns = kLast;
  EXPECT_EQ(times_of({path}, options), std::vector<std::uint64_t>{kLast - kBase});
  options.range = {0, kLast - 1};
  EXPECT_EQ(times_of({path}, options), std::vector<std::uint64_t>{0});
  EXPECT_TRUE(TimeRange{}.overlaps(kLast, kLast));
}

TEST(SetReader, AStopBeforeTheFirstFileIsSaid) {
  const TempDir dir;
  const std::string one = dir.write("a.pcapng", one_interface({1}));
  const std::atomic<bool> stop{true};
  SetReaderOptions options;
  options.stop = &stop;
  const auto expect_stopped = [&](const std::string& name) {
    SetReader reader(RecordingSet::find({name}), options);
    EXPECT_TRUE(times_of(reader).empty());
    EXPECT_TRUE(reader.stopped()) << name;
  };
  expect_stopped(one);
  dir.write("b.pcapng", one_interface({2}));
  expect_stopped(dir.path());
}

TEST(SetReader, WhatCannotBeReadIsNamedAndTheRestIsRead) {
  const TempDir dir;
  const std::string whole = dir.write("a.pcapng", one_interface({1, 2}));
  Bytes cut = one_interface({3, 4});
  cut.resize(cut.size() - 10);
  dir.write("b.pcapng", cut);
  const std::string gone = dir.write("c.pcapng", one_interface({9}));
  SetReader reader(RecordingSet::find({std::string(dir.path())}), {});
  std::filesystem::remove(gone);
  EXPECT_EQ(times_of(reader), (std::vector<std::uint64_t>{1, 2, 3}));
  reader.finish();
  const Completeness completeness = judge(reader, {});
  EXPECT_FALSE(completeness.whole());
  ASSERT_EQ(completeness.damaged.size(), 1U);
  EXPECT_NE(completeness.damaged[0].text.find("cut short"), std::string::npos);
  ASSERT_EQ(completeness.unreadable.size(), 1U);
  EXPECT_EQ(completeness.unreadable[0].path, gone);
  EXPECT_NE(completeness.unreadable[0].text.find("deleted"), std::string::npos);
  EXPECT_EQ(completeness.silent.size(), 2U);  // no counts in what a builder made
}

// As somebody who may not look into one of the directories.
TEST(RecordingSet, ADirectoryWithoutPermissionIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const TempDir dir;
  const std::string root = dir.path();
  ASSERT_EQ(::chmod(root.c_str(), 0755), 0);
  const std::string open_file = dir.write("a.pcapng", one_interface({1}));
  ASSERT_EQ(::chmod(open_file.c_str(), 0644), 0);
  const std::string closed = root + "/closed";
  ASSERT_EQ(::mkdir(closed.c_str(), 0700), 0);
  std::vector<std::string> files;
  std::vector<std::string> troubles;
  bool named_refused = false;
  ASSERT_EQ(::seteuid(65534), 0);
  try {
    const RecordingSet set = RecordingSet::find({root});
    for (const SetFile& file : set.files) files.push_back(file.path);
    for (const SetTrouble& trouble : set.troubles) troubles.push_back(trouble.path);
    static_cast<void>(RecordingSet::find({closed}));
  } catch (const UsageError& error) {
    named_refused = std::string(error.what()).find(closed) != std::string::npos;
  }
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(files, std::vector<std::string>{open_file});
  EXPECT_EQ(troubles, std::vector<std::string>{closed});
  EXPECT_TRUE(named_refused);
}

// A file as a recorder leaves it: a head in front of each block, with what was lost.
Bytes with_ledger(const std::vector<std::uint64_t>& blocks, std::size_t lossy, std::uint64_t lost) {
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    BlockHead head{};
    head.magic = kBlockHeadMagic;
    head.sequence = i + 1;
    head.packet_count = 1;
    if (i == lossy) {
      dropped += lost;
      head.loss_begin_ns = kBase + blocks[i - 1];
      head.loss_end_ns = kBase + blocks[i];
    }
    received += 1 + (i == lossy ? lost : 0);
    head.received = received;
    head.dropped = dropped;
    head.output_packets = received - dropped;
    const auto* at = reinterpret_cast<const std::uint8_t*>(&head) + 8;
    file.block(pcapng::kCapstanBlockHead, Bytes(at, at + sizeof(head) - 8));
    file.packet(0, kBase + blocks[i], test::pattern_bytes(60, 1), 60);
  }
  return file.bytes;
}

Completeness judged(const std::string& path, TimeRange range) {
  SetReaderOptions options;
  options.range = range;
  SetReader reader(RecordingSet::find({path}), options);
  SetPacket packet;
  while (reader.next(packet)) {
  }
  reader.finish();
  return judge(reader, range);
}

TEST(Completeness, EveryTimeThatOverlapsALossSaysSoAndNoOther) {
  const TempDir dir;
  const std::vector<std::uint64_t> times = {10, 20, 30, 40, 50};
  const std::string path = dir.write("a.pcapng", with_ledger(times, 2, 7));  // between 20 and 30
  for (std::uint64_t since = 0; since < 60; ++since) {
    for (std::uint64_t until = since + 1; until < 61; ++until) {
      const Completeness result = judged(path, {kBase + since, kBase + until});
      const bool overlaps = since <= 30 && until > 20;
      EXPECT_EQ(result.whole(), !overlaps) << since << " to " << until;
      EXPECT_EQ(result.lost, overlaps ? 7U : 0U);
    }
  }
  EXPECT_FALSE(judged(path, {}).whole());
  EXPECT_TRUE(judged(dir.write("b.pcapng", with_ledger(times, 9, 0)), {}).whole());
}

TEST(PacketCopier, InterfacesOptionsAndBlocksArriveAsTheyWere) {
  const TempDir dir;
  const std::vector<Option> described = {PcapngBuilder::text(2, "eth7"),
                                         PcapngBuilder::text(3, "uplink"),
                                         {6, {2, 0, 0, 0, 0, 9}},
                                         {9, {6}}};
  for (const bool swapped : {false, true}) {
    PcapngBuilder file(swapped);
    file.section({PcapngBuilder::text(1, "taken on Friday"), PcapngBuilder::text(3, "Linux 6.1")});
    file.interface(1, 1500, described);
    file.block(pcapng::kNameResolutionBlock, [&] {
      Bytes body = file.field16(1);
      PcapngBuilder::append(body, file.field16(9));
      PcapngBuilder::append(body, Bytes{192, 0, 2, 1, 'h', 'o', 's', 't', 0, 0, 0, 0});
      PcapngBuilder::append(body, file.field32(0));
      return body;
    }());
    file.packet(0, (kBase + 5000) / 1000, test::pattern_bytes(61, 3), 99,
                {{2, file.field32(1)}, {4, file.field64(12)}, PcapngBuilder::text(1, "look here")});
    const std::string path = dir.write(swapped ? "s.pcapng" : "n.pcapng", file.bytes);
    const RecordingSet set = RecordingSet::find({path});
    const std::string out = dir.path() / "out.pcapng";
    PacketFileOptions options;
    options.path = out;
    options.comment_room_bytes = 256;
    PacketFileWriter writer(options);
    PacketCopier copier(set, {});
    copier.set_writer(writer);
    SetReaderOptions reading;
    reading.listener = &copier;
    reading.report_others = true;
    SetReader reader(set, reading);
    SetPacket packet;
    while (reader.next(packet)) copier.put(packet, "and here");
    copier.finish_interfaces();
    writer.set_comment("complete");
    writer.finish();
    CaptureFile copy = CaptureFile::open(out);
    copy.report_others(true);
    PacketView view;
    std::vector<ReadItem> items;
    std::string texts;
    for (ReadItem item; (item = copy.next_item(view)) != ReadItem::kEnd;) {
      items.push_back(item);
      texts.append(copy.item_bytes().begin(), copy.item_bytes().end());
      if (item != ReadItem::kPacket) continue;
      EXPECT_EQ(view.timestamp_ns, kBase + 5000);
      EXPECT_EQ(view.wirelen, 99U);
      EXPECT_EQ(view.direction, Direction::kInbound);
      EXPECT_EQ(view.dropped_before, 12U);
    }
    EXPECT_TRUE(copy.end().clean()) << copy.end().text();
    // An interface is described in front of its first packet.
    EXPECT_EQ(items, (std::vector<ReadItem>{ReadItem::kSection, ReadItem::kOther,
                                            ReadItem::kInterface, ReadItem::kPacket}));
    EXPECT_EQ(copy.interfaces().at(0).name, "eth7");
    EXPECT_EQ(copy.interfaces().at(0).description, "uplink");
    EXPECT_EQ(copy.interfaces().at(0).os, "Linux 6.1");
    for (const char* text : {"look here", "and here", "taken on Friday", "complete", "host"}) {
      EXPECT_NE(texts.find(text), std::string::npos) << text;
    }
    EXPECT_EQ(test::read_with_libpcap(out).size(), 1U);
  }
}

// dumpcap 4.0 reads a section into 2048 bytes, and room that cannot be filled in later is of no
// use.
// The time it takes may not grow with a power of their number. Two files with the same interfaces
// have them once in the output, each packet on its own.
TEST(PacketCopier, TenThousandEqualInterfacesStayApart) {
  constexpr std::uint32_t kCount = 10'000;
  const test::TempDir dir;
  PcapngBuilder file;
  file.section();
  for (std::uint32_t i = 0; i < kCount; ++i) file.nanosecond_interface();
  for (const std::uint32_t i : {0U, 1U, kCount / 2, kCount - 1}) {
    file.packet(i, kBase + i, test::pattern_bytes(60, 1), 60);
  }
  const RecordingSet set =
      RecordingSet::find({dir.write("a.pcapng", file.bytes), dir.write("b.pcapng", file.bytes)});
  PacketFileOptions options;
  options.path = dir.path() / "out.pcapng";
  PacketFileWriter writer(options);
  CopyOptions copying;
  copying.silent_interfaces = true;
  PacketCopier copier(set, copying);
  copier.set_writer(writer);
  SetReaderOptions reading;
  reading.listener = &copier;
  SetReader reader(set, reading);
  SetPacket packet;
  while (reader.next(packet)) copier.put(packet);
  writer.finish();
  CaptureFile copy = CaptureFile::open(options.path);
  PacketView view;
  std::vector<std::uint32_t> places;
  while (copy.next(view)) {
    EXPECT_EQ(view.timestamp_ns, kBase + view.interface_id);
    places.push_back(view.interface_id);
  }
  EXPECT_EQ(places, (std::vector<std::uint32_t>{0, 0, 1, 1, kCount / 2, kCount / 2, kCount - 1,
                                                kCount - 1}));
  EXPECT_EQ(copy.interfaces().size(), kCount);
}

TEST(PacketFileWriter, WhatGoesIntoAPipeBeginsWithASmallSection) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reads(ends[0]);
  UniqueFd writes(ends[1]);
  PacketFileOptions options;
  options.path = "/dev/fd/" + std::to_string(writes.get());
  options.comment = std::string(5000, 'x');
  options.comment_room_bytes = 2048;
  PacketFileWriter writer(options);
  writer.set_comment("complete");
  writer.finish();
  std::uint32_t head[2] = {};
  ASSERT_EQ(::read(reads.get(), head, sizeof(head)), static_cast<ssize_t>(sizeof(head)));
  EXPECT_LE(head[1], 2048U);
  EXPECT_GT(head[1], 1000U);
}

TEST(PacketFileWriter, EveryLengthOfCommentLeavesAFileThatReads) {
  const TempDir dir;
  for (std::size_t size = 1; size < 200; ++size) {
    PacketFileOptions options;
    options.path = dir.path() / "out.pcapng";
    options.comment_room_bytes = 100;
    PacketFileWriter writer(options);
    FileInterface interface;
    interface.link_type = 1;
    writer.add_interface(1, copied_interface(interface, {}, false, {}));
    writer.set_comment(std::string(size, 'x'));
    writer.finish();
    CaptureFile copy = CaptureFile::open(options.path);
    PacketView view;
    EXPECT_FALSE(copy.next(view));
    EXPECT_TRUE(copy.end().clean()) << size;
    EXPECT_EQ(copy.interfaces().size(), 1U);
  }
}

TEST(SetReader, AFileThatARecorderHoldsIsReadUpToItsZeros) {
  const TempDir dir;
  Bytes bytes = one_interface({1, 2, 3});
  bytes.resize(bytes.size() + 8192);
  const std::string path = dir.write(".live.pcapng.part", bytes);
  const UniqueFd recorder(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(recorder.get(), LOCK_EX | LOCK_NB), 0);
  SetReader reader(RecordingSet::find({std::string(dir.path())}), {});
  EXPECT_EQ(times_of(reader), (std::vector<std::uint64_t>{1, 2, 3}));
  reader.finish();
  const Completeness completeness = judge(reader, {});
  EXPECT_EQ(completeness.growing.size(), 1U);
  EXPECT_TRUE(completeness.damaged.empty());
}

}  // namespace
}  // namespace capstan
