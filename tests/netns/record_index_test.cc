// Indexes beside a rotating recording: each finished file gets one that holds, goes with it, and
// comes later where a run left none.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/index/index_reader.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

class RecordIndex : public Sandbox {
 protected:
  std::vector<std::string> names(bool indexes) {
    std::vector<std::string> found;
    hidden_ = false;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(file("x")).parent_path())) {
      const std::string path = entry.path().string();
      if (path.ends_with(".pcapng.cidx") && indexes) found.push_back(path);
      if (path.ends_with(".pcapng") && !indexes) found.push_back(path);
      hidden_ = hidden_ || path.ends_with(".new");
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  bool hidden_ = false;  // names() met one that is being written
  static void send_from(std::uint32_t first, std::uint32_t count) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, first + i, 900));
  }
  // Packets in all indexes, each of which holds and is of its recording.
  static std::uint64_t packets_in_indexes(const std::vector<std::string>& recordings) {
    std::uint64_t packets = 0;
    for (const std::string& path : recordings) {
      IndexReader::Opened opened =
          IndexReader::open(index_path_of(path), *identify_file(path, true));
      EXPECT_TRUE(opened.reader.has_value()) << path << ": " << opened.reason;
      if (!opened.reader) continue;
      EXPECT_TRUE(opened.reader->check()) << path << ": " << opened.reader->error();
      const IndexSummary& summary = opened.reader->summary();
      EXPECT_TRUE(summary.whole && summary.has_ledger) << path;
      packets += summary.packets;
    }
    return packets;
  }
};

TEST_F(RecordIndex, EveryFinishedFileGetsOne) {
  RecordRun record({"-i", "v1", "-B", "64", "-b", "filesize:1500", "-w", file("a.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_from(0, 12000);
  ASSERT_TRUE(record.wait_received(12000));
  ASSERT_EQ(record.stop(), 0) << record.err();
  const std::vector<std::string> recordings = names(false);
  EXPECT_GE(recordings.size(), 3U);
  EXPECT_FALSE(hidden_);
  EXPECT_EQ(packets_in_indexes(recordings), 12000U);
  EXPECT_EQ(record.statistics().number("/index/files"), recordings.size());
  EXPECT_EQ(record.statistics().number("/index/from_blocks"), recordings.size());
  EXPECT_EQ(record.statistics().number("/index/failed"), 0U);
  EXPECT_EQ(record.statistics().number("/index/left"), 0U);
}

TEST_F(RecordIndex, GoesWithItsFile) {
  RecordRun record(
      {"-i", "v1", "-B", "64", "-b", "filesize:1500", "-b", "files:2", "-w", file("a.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  for (std::uint32_t i = 0; i < 6; ++i) {
    send_from(i * 3000, 3000);
    ASSERT_TRUE(record.wait_received((i + 1) * 3000));
  }
  ASSERT_EQ(record.stop(), 0) << record.err();
  const std::vector<std::string> recordings = names(false);
  EXPECT_GT(record.statistics().number("/files/0/deleted_files"), 0U);
  const std::vector<std::string> indexes = names(true);
  ASSERT_EQ(indexes.size(), recordings.size());
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    EXPECT_EQ(indexes[i], index_path_of(recordings[i]));
  }
}

TEST_F(RecordIndex, StaysBehindNoFileThatIsCompressed) {
  RecordRun record(
      {"-i", "v1", "-B", "64", "-b", "filesize:1500", "-w", file("a.pcapng"), "-z", "gzip"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_from(0, 12000);
  ASSERT_TRUE(record.wait_received(12000));
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_TRUE(names(false).empty()) << "all are compressed";
  EXPECT_TRUE(names(true).empty());
  EXPECT_FALSE(hidden_);
}

TEST_F(RecordIndex, ComesLaterWhereARunLeftNone) {
  {
    RecordRun record(
        {"-i", "v1", "-B", "8", "--no-index", "-b", "filesize:1500", "-w", file("a.pcapng")});
    ASSERT_TRUE(record.wait_started()) << record.err();
    send_from(0, 4000);
    ASSERT_TRUE(record.wait_written(4000));
    ASSERT_EQ(record.stop(), 0) << record.err();
    EXPECT_TRUE(names(true).empty());
  }
  const std::size_t earlier = names(false).size();
  RecordRun record({"-i", "v1", "-B", "8", "-b", "filesize:1500", "-w", file("a.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  ASSERT_TRUE(wait_until([&] { return names(true).size() == earlier; })) << record.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(packets_in_indexes(names(false)), 4000U);
  EXPECT_FALSE(hidden_);
}

TEST_F(RecordIndex, OfASingleFileWhenAskedFor) {
  RecordRun record({"-i", "v1", "-B", "8", "--index", "-w", file("one.pcapng")});
  ASSERT_TRUE(record.wait_started()) << record.err();
  send_from(0, 500);
  ASSERT_TRUE(record.wait_written(500));
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(packets_in_indexes({file("one.pcapng")}), 500U);
  EXPECT_EQ(record.statistics().number("/index/files"), 1U) << "made once";
}

}  // namespace
}  // namespace capstan::test
