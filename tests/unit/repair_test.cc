// Repair: every complete packet is kept, nothing else is touched, nothing is ever replaced.
#include "writers/repair/repair.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/format/part_name.h"
#include "engine/reader/capture_file.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/temp_dir.h"
#include "tools/repair/repair_cli.h"
#include "writers/repair/recording_scan.h"

namespace capstan {
namespace {

using test::pattern_bytes;
using test::PcapngBuilder;
using Bytes = std::vector<std::uint8_t>;
using Outcome = RepairReport::Outcome;

constexpr std::size_t kPage = 4096;

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Packets of a file that must end cleanly.
std::size_t clean_packets(const std::string& path) {
  CaptureFile file = CaptureFile::open(path);
  PacketView packet;
  std::size_t count = 0;
  while (file.next(packet)) ++count;
  EXPECT_TRUE(file.end().clean()) << path << ": " << file.end().text();
  return count;
}

void pad_to_page(PcapngBuilder& file) {
  const std::size_t room = (kPage - file.bytes.size() % kPage) % kPage;
  if (room != 0) file.block(pcapng::kCapstanPadding, Bytes(room - 12));
}

void add_head(PcapngBuilder& file, std::uint32_t packets) {
  Bytes body = file.field32(1);
  for (const std::uint32_t value : {kBlockHeadMagic, 0U, packets}) {
    PcapngBuilder::append(body, file.field32(value));
  }
  body.resize(72);
  file.block(pcapng::kCapstanBlockHead, body);
}

// `blocks` page-aligned blocks of `packets` packets each, as a recorder writes them.
Bytes recording(std::size_t blocks, std::uint32_t packets) {
  PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  pad_to_page(file);
  for (std::size_t i = 0; i < blocks; ++i) {
    add_head(file, packets);
    for (std::uint32_t j = 0; j < packets; ++j) {
      file.packet(0, 1'000 * i + j, pattern_bytes(200, static_cast<std::uint8_t>(j)), 200);
    }
    pad_to_page(file);
  }
  return file.bytes;
}

Bytes pcap_recording(std::uint32_t packets) {
  const PcapngBuilder order;
  Bytes bytes = order.field32(0xA1B2C3D4);
  PcapngBuilder::append(bytes, order.field16(2));
  PcapngBuilder::append(bytes, order.field16(4));
  PcapngBuilder::append(bytes, order.field64(0));
  PcapngBuilder::append(bytes, order.field32(65535));
  PcapngBuilder::append(bytes, order.field32(1));
  for (std::uint32_t i = 0; i < packets; ++i) {
    for (const std::uint32_t value : {1'000 + i, 5U, 70U, 70U}) {
      PcapngBuilder::append(bytes, order.field32(value));
    }
    PcapngBuilder::append(bytes, pattern_bytes(70, static_cast<std::uint8_t>(i)));
  }
  return bytes;
}

TEST(RecordingScan, EveryTruncationKeepsWhatIsCompleteAndReadsCleanly) {
  for (const Bytes& whole : {recording(2, 5), pcap_recording(20)}) {
    for (std::size_t size = 28; size <= whole.size(); size += size < 400 ? 1 : 7) {
      const std::span<const std::uint8_t> cut(whole.data(), size);
      const RecordingScan scan = scan_recording(cut, size, "x");
      ASSERT_LE(scan.whole.length, size);
      CaptureFile kept = CaptureFile::from_bytes(cut.first(scan.whole.length), "x");
      PacketView packet;
      std::size_t packets = 0;
      while (kept.next(packet)) ++packets;
      EXPECT_TRUE(kept.end().clean()) << size << kept.end().text();
      EXPECT_EQ(packets, scan.whole.packets);
      EXPECT_EQ(scan.end.clean(), scan.whole.length == size);
    }
  }
}

TEST(Repair, APartFileWithPreallocatedZerosGetsItsName) {
  for (Bytes whole : {recording(3, 5), pcap_recording(15)}) {
    const test::TempDir dir;
    const Bytes written = whole;
    whole.resize(whole.size() + 100 * kPage);
    const std::string part = dir.write(".x.pcap.part", whole);
    const RepairReport report = repair_recording(part, {});
    EXPECT_EQ(report.outcome, Outcome::kRepaired);
    EXPECT_EQ(report.result_path, dir.path() / "x.pcap");
    EXPECT_EQ(report.kept_packets, 15U);
    EXPECT_EQ(report.cut_bytes, 100 * kPage);
    EXPECT_EQ(report.cut_data_bytes, 0U);
    EXPECT_TRUE(report.end.in_zeros);
    Bytes kept = read_file(report.result_path);
    ASSERT_GE(kept.size(), written.size());
    kept.resize(written.size());  // behind it is the mark of a repair
    EXPECT_EQ(kept, written);
    EXPECT_FALSE(std::filesystem::exists(part));
  }
}

TEST(Repair, NeverReplacesAFile) {
  const test::TempDir dir;
  const std::string taken = dir.write("x.pcapng", Bytes{1, 2, 3});
  for (const char* name : {"x-repaired.pcapng", "x-repaired-2.pcapng"}) {
    const RepairReport report = repair_recording(dir.write(".x.pcapng.part", recording(1, 2)), {});
    EXPECT_EQ(report.result_path, dir.path() / name);
    EXPECT_EQ(clean_packets(report.result_path), 2U);
  }
  EXPECT_EQ(read_file(taken), (Bytes{1, 2, 3}));
  Bytes cut = recording(1, 2);
  cut.resize(cut.size() - 5);
  const std::string source = dir.write("y.pcapng", cut);
  try {
    repair_recording(source, {.output = taken});
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EEXIST);
  }
  EXPECT_EQ(read_file(taken), (Bytes{1, 2, 3}));
}

TEST(Repair, KeepsOffAFileThatIsBeingWritten) {
  const test::TempDir dir;
  Bytes bytes = recording(1, 2);
  bytes.resize(bytes.size() + kPage);
  const std::string part = dir.write(".x.pcapng.part", bytes);
  const UniqueFd recorder(::open(part.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(recorder.get(), LOCK_EX), 0);
  try {
    repair_recording(part, {});
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EWOULDBLOCK);
    EXPECT_NE(std::string(error.what()).find("still writing"), std::string::npos) << error.what();
  }
  EXPECT_EQ(read_file(part), bytes);
}

TEST(Repair, DryRunChangesNothing) {
  const test::TempDir dir;
  Bytes bytes = recording(2, 3);
  bytes.resize(bytes.size() + kPage);
  const std::string part = dir.write(".x.pcapng.part", bytes);
  const RepairReport report = repair_recording(part, {.dry_run = true});
  EXPECT_EQ(report.outcome, Outcome::kRepaired);
  EXPECT_EQ(report.kept_packets, 6U);
  EXPECT_EQ(report.result_path, dir.path() / "x.pcapng");
  EXPECT_EQ(read_file(part), bytes);
  EXPECT_FALSE(std::filesystem::exists(report.result_path));
}

// The second of four blocks never reached the disk.
Bytes with_hole() {
  Bytes bytes = recording(4, 5);
  std::fill_n(bytes.begin() + 2 * kPage, kPage, std::uint8_t{0});
  bytes.resize(bytes.size() + 10 * kPage);
  return bytes;
}

TEST(Repair, CutsAtAHoleAndSaysWhatStoodBehind) {
  const test::TempDir dir;
  const RepairReport report = repair_recording(dir.write(".x.pcapng.part", with_hole()), {});
  EXPECT_EQ(report.kept_packets, 5U);
  EXPECT_EQ(report.kept_bytes, 2 * kPage);
  EXPECT_EQ(report.behind_packets, 10U);
  EXPECT_EQ(report.behind_bytes, 2 * kPage);
  EXPECT_GT(report.cut_data_bytes, 2 * kPage);
  EXPECT_EQ(clean_packets(report.result_path), 5U);
}

TEST(Repair, SalvageMovesTheBlocksBehindAHoleUp) {
  const test::TempDir dir;
  const RepairReport report =
      repair_recording(dir.write(".x.pcapng.part", with_hole()), {.salvage = true});
  EXPECT_EQ(report.kept_packets, 15U);
  EXPECT_EQ(clean_packets(report.result_path), 15U);
  Bytes expected = recording(4, 5);
  expected.erase(expected.begin() + 2 * kPage, expected.begin() + 3 * kPage);
  Bytes kept = read_file(report.result_path);
  ASSERT_GT(kept.size(), expected.size());
  kept.resize(expected.size());
  EXPECT_EQ(kept, expected);
}

TEST(Repair, SalvageIntoAnOutputLeavesTheOriginal) {
  const test::TempDir dir;
  const std::string part = dir.write(".x.pcapng.part", with_hole());
  const std::string output = dir.path() / "out.pcapng";
  const RepairReport report = repair_recording(part, {.salvage = true, .output = output});
  EXPECT_EQ(report.result_path, output);
  EXPECT_EQ(clean_packets(output), 15U);
  EXPECT_EQ(read_file(part), with_hole());
}

TEST(Repair, AnOrdinaryFileLosesItsUnfinishedRecordOnly) {
  const test::TempDir dir;
  Bytes cut = pcap_recording(9);
  cut.resize(cut.size() - 30);
  const std::string path = dir.write("x.pcap", cut);
  const RepairReport report = repair_recording(path, {});
  EXPECT_EQ(report.outcome, Outcome::kRepaired);
  EXPECT_EQ(report.result_path, path);
  EXPECT_EQ(clean_packets(path), 8U);
  EXPECT_EQ(repair_recording(path, {}).outcome, Outcome::kNothingToDo);
}

TEST(Repair, TheIndexOfWhatItWasGoes) {
  PcapngBuilder file;
  file.section();
  file.interface(1, 0);
  for (int i = 0; i < 10; ++i) file.packet(0, 1000, pattern_bytes(100, 1), 100);
  const test::TempDir dir;
  Bytes cut = file.bytes;
  cut.resize(cut.size() - 7);
  const std::string path = dir.write("a.pcapng", cut);
  const std::string index = dir.write("a.pcapng.cidx", Bytes(100, 1));
  ASSERT_EQ(repair_recording(path, {}).outcome, Outcome::kRepaired);
  EXPECT_EQ(clean_packets(path), 9U);
  EXPECT_FALSE(std::filesystem::exists(index));
}

TEST(Repair, WillNotCutMoreThanThatFromAnOrdinaryFileUnasked) {
  const test::TempDir dir;
  Bytes damaged = pcap_recording(9);
  damaged[24 + 3 * 86 + 11] = 0xFF;  // the fourth packet's length
  Bytes hole = pcap_recording(50);
  std::fill_n(hole.begin() + 24 + 86 * 3, 86 * 10, std::uint8_t{0});
  for (const Bytes& bytes : {damaged, hole, with_hole()}) {
    const std::string path = dir.write("x.pcap", bytes);
    const RepairReport refused = repair_recording(path, {});
    EXPECT_EQ(refused.outcome, Outcome::kRefused);
    EXPECT_FALSE(refused.why.empty());
    EXPECT_EQ(read_file(path), bytes);
    const RepairReport forced = repair_recording(path, {.force = true});
    EXPECT_EQ(forced.outcome, Outcome::kRepaired);
    EXPECT_EQ(clean_packets(path), forced.kept_packets);
  }
}

TEST(Repair, NamesWhatItCannotRepair) {
  const test::TempDir dir;
  EXPECT_THROW(repair_recording(dir.path() / "none", {}), UsageError);
  EXPECT_THROW(repair_recording(dir.path(), {}), UsageError);
  EXPECT_THROW(repair_recording(dir.write("text", Bytes(100, 'x')), {}), UsageError);
  EXPECT_THROW(repair_recording(dir.write("gz", Bytes{0x1F, 0x8B, 8, 0, 0, 0}), {}), UsageError);
  for (const Bytes& nothing : {Bytes{}, Bytes(3 * kPage)}) {
    const std::string path = dir.write(".x.pcapng.part", nothing);
    EXPECT_EQ(repair_recording(path, {}).outcome, Outcome::kEmpty);
    EXPECT_EQ(read_file(path), nothing);
  }
  Bytes head = recording(1, 1);
  head.resize(20);
  EXPECT_EQ(repair_recording(dir.write(".x.pcapng.part", head), {}).outcome, Outcome::kEmpty);
}

TEST(Repair, FindsPartFilesByTheirNames) {
  EXPECT_EQ(finished_path("dir/.x.pcapng.part"), "dir/x.pcapng");
  EXPECT_EQ(finished_path(".a.part"), "a");
  for (const char* name : {"dir/x.pcapng", "x", "/a/.hidden", "a b\xFF"}) {
    EXPECT_EQ(finished_path(part_path(name)), name);
  }
  for (const char* other : {"x.pcapng", "x.pcapng.part", ".part", "..part", ".x.pcapng", ""}) {
    EXPECT_EQ(finished_path(other), "") << other;
  }
  const test::TempDir dir;
  const std::string second = dir.write(".b.pcapng.part", Bytes{});
  const std::string first = dir.write(".a.pcap.part", Bytes{});
  const std::string whole = dir.write("c.pcap", Bytes{});
  std::filesystem::create_symlink(whole, dir.path() / ".c.pcap.part");  // somebody else's
  EXPECT_EQ(find_unfinished(dir.path()), (std::vector<std::string>{first, second}));
}

TEST(RepairCommandLine, ReadsOptionsAndRefusesNonsense) {
  const char* good[] = {"repair", "-n", "--salvage", "a", "b"};
  const auto line = tools::parse_repair_command_line(5, good);
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->options.dry_run);
  EXPECT_TRUE(line->options.salvage);
  EXPECT_FALSE(line->options.force);
  EXPECT_EQ(line->files.size(), 2U);
  const char* two[] = {"repair", "-o", "x", "a", "b"};
  EXPECT_THROW(tools::parse_repair_command_line(5, two), UsageError);
  const char* none[] = {"repair"};
  EXPECT_THROW(tools::parse_repair_command_line(1, none), UsageError);
}

}  // namespace
}  // namespace capstan
