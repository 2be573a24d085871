// The index made while a file is written: what `capstan index` makes of the finished file, whatever
// the layout; and marks where a block was taken back.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/index/file_indexer.h"
#include "engine/index/index_reader.h"
#include "tests/support/index_traffic.h"
#include "tests/support/ring_counts.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_ring.h"
#include "writers/live/live_indexer.h"
#include "writers/recording/recording_writer.h"

namespace capstan {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;
using Numbers = std::set<std::uint32_t>;

constexpr std::uint32_t kBlockBytes = 128U << 10;

struct Shape {
  std::uint32_t rings = 1;
  Layout layout = Layout::kInPlace;
  std::uint32_t blocks = 20;       // of all rings together
  std::uint64_t file_bytes = 0;    // so long are the files of a series; 0: one file
  std::uint64_t dropped_each = 0;  // packets in front of each block but a ring's first
  Numbers taken_back = {};         // blocks that the index does not get
  Numbers untold = {};             // blocks whose place is not told
};

IndexWorkerOptions unsynced() {
  IndexWorkerOptions options;
  options.sync = false;
  return options;
}

// One recording with an index beside it.
class Recording final : private BlockObserver {
 public:
  explicit Recording(const Shape& shape) : shape_(shape), counts_(shape.rings) {
    for (std::uint32_t ring = 0; ring < shape.rings; ++ring) {
      const auto number = static_cast<std::uint16_t>(ring);
      rings_.push_back(std::make_unique<test::TestRing>(number, ring, kBlockBytes));
      queues_.push_back(&live_.add_ring(2 * shape.blocks + 2, link_type::kEthernet));
    }
    RecordingWriter writer(options(), abandon_);
    // All blocks are queued before the first place is told, as the capture thread does.
    for (std::uint32_t block = 0; block < shape.blocks; ++block) {
      add_block(block, block % shape.rings, writer);
    }
    EXPECT_EQ(writer.finish(test::closing_ledgers(counts_, now_)), 0);
    live_.start({});
    live_.end();
    live_.join();
    EXPECT_TRUE(live_.finished());
    // Told of its end first: it makes no marked index anew, however fast it is.
    worker_.end();
    worker_.start();
    worker_.join();
  }
  ~Recording() = default;

  const std::vector<FinishedFile>& files() const noexcept { return files_; }
  const LiveIndexCounters& counters() const noexcept { return live_.counters(); }
  const IndexCounters& written() const noexcept { return worker_.counters(); }

 private:
  void block_placed(const PlacedBlock& place) noexcept override {
    if (shape_.untold.count(placed_++) == 0) live_.block_placed(place);
  }

  RecordingOptions options() {
    RecordingOptions options;
    options.file.path = folder_.path() / "a.pcapng";
    options.file.direct = false;
    options.file.preallocate_bytes = 0;
    options.file.sync = false;
    options.layout = shape_.layout;
    options.rotation.size_bytes = shape_.file_bytes;
    options.header.application = "capstan test";
    options.observer = this;
    options.on_finished = [this](const FinishedFile& file) {
      files_.push_back(file);
      live_.file_finished(file);
    };
    for (std::uint32_t ring = 0; ring < shape_.rings; ++ring) {
      options.header.interfaces.push_back({"v" + std::to_string(ring), "", "", 1, 262144});
      options.blocks_per_ring.push_back(shape_.blocks);
    }
    return options;
  }

  void add_block(std::uint32_t number, std::uint32_t ring, RecordingWriter& writer) {
    test::RingCounts& counts = counts_[ring];
    const SealLedger ledger = counts.next_block(shape_.dropped_each, counts.packets, now_);
    std::vector<test::RingFrame> frames;
    for (std::uint32_t i = 0; i < 500; ++i) {
      test::RingFrame frame;
      frame.data = traffic_.next();
      frame.timestamp_ns = now_ += 1'000;
      frames.push_back(std::move(frame));
    }
    counts.packets += frames.size();
    BlockRef block = rings_[ring]->make(frames, ledger);
    BlockRef copy = block;
    if (shape_.taken_back.count(number) != 0) {
      queues_[ring]->skip(*block);
    } else {
      EXPECT_TRUE(queues_[ring]->try_push(copy));
    }
    copy.reset();
    if (writer.series() != nullptr) {  // a turn waits for no file here
      while (!writer.series()->next_ready()) std::this_thread::yield();
    }
    writer.accept(std::move(block));
    while (writer.pump()) {
    }
  }

  Shape shape_;
  test::TempDir folder_;
  std::atomic<bool> abandon_{false};
  test::IndexTraffic traffic_{7};
  std::vector<test::RingCounts> counts_;
  std::vector<std::unique_ptr<test::TestRing>> rings_;
  IndexWorker worker_{unsynced()};
  LiveIndexer live_{IndexLimits{}, worker_};
  std::vector<BestEffortQueue*> queues_;
  std::vector<FinishedFile> files_;
  std::uint32_t placed_ = 0;
  std::uint64_t now_ = 1'700'000'000'000'000'000;
};

Bytes index_of(const std::string& recording) {
  Bytes bytes;
  const std::filesystem::path path = index_path_of(recording);
  std::error_code error;
  bytes.resize(std::filesystem::file_size(path, error));
  std::ifstream(path, std::ios::binary)
      .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void expect_as_made_from_the_file(const FinishedFile& file) {
  EXPECT_TRUE(index_of(file.path) == index_recording(file.path, {}).bytes) << file.path;
  const IndexReader::Opened opened = IndexReader::open_beside(file.path);
  ASSERT_TRUE(opened.reader) << opened.reason;
  EXPECT_EQ(opened.reader->summary().packets, file.packets);
}

TEST(LiveIndexing, IsTheIndexOfTheFile) {
  for (const Layout layout : {Layout::kInPlace, Layout::kPacked}) {
    for (const std::uint64_t dropped_each : {0U, 3U}) {
      const Recording recording({.layout = layout, .dropped_each = dropped_each});
      ASSERT_EQ(recording.files().size(), 1U);
      EXPECT_EQ(recording.counters().files.get(), 1U) << "made from the file instead";
      EXPECT_EQ(recording.written().bytes_read.get(), 0U);
      EXPECT_EQ(recording.counters().blocks_skipped.get(), 0U);
      expect_as_made_from_the_file(recording.files()[0]);
    }
  }
}

TEST(LiveIndexing, OfSeveralRingsInPlace) {
  const Recording recording({.rings = 3, .blocks = 24, .dropped_each = 2});
  EXPECT_EQ(recording.counters().files.get(), 1U);
  EXPECT_EQ(recording.counters().blocks_skipped.get(), 0U);
  ASSERT_EQ(recording.files().size(), 1U);
  expect_as_made_from_the_file(recording.files()[0]);
}

TEST(LiveIndexing, OfEachFileOfASeries) {
  const Recording recording({.blocks = 30, .file_bytes = 1U << 20, .dropped_each = 1});
  ASSERT_GT(recording.files().size(), 2U);
  EXPECT_EQ(recording.counters().files.get(), recording.files().size());
  for (const FinishedFile& file : recording.files()) expect_as_made_from_the_file(file);
}

// The last file of a series, where nothing came any more.
TEST(LiveIndexing, OfAFileWithoutAPacket) {
  const Recording recording({.blocks = 0});
  ASSERT_EQ(recording.files().size(), 1U);
  EXPECT_EQ(recording.files()[0].packets, 0U);
  EXPECT_EQ(recording.counters().files.get(), 1U);
  expect_as_made_from_the_file(recording.files()[0]);
}

// What was taken back is marked, with what its head says.
TEST(LiveIndexing, MarksWhatItWasTooSlowFor) {
  for (const Layout layout : {Layout::kInPlace, Layout::kPacked}) {
    const Recording recording({.layout = layout, .dropped_each = 5, .taken_back = {0, 7, 8, 19}});
    ASSERT_EQ(recording.files().size(), 1U);
    const FinishedFile& file = recording.files()[0];
    EXPECT_EQ(recording.counters().files.get(), 1U);
    IndexReader::Opened opened = IndexReader::open_beside(file.path);
    ASSERT_TRUE(opened.reader) << opened.reason;
    EXPECT_TRUE(opened.reader->check()) << opened.reader->error();
    const IndexSummary& summary = opened.reader->summary();
    EXPECT_EQ(summary.skipped_blocks, 4U);
    EXPECT_EQ(recording.counters().blocks_skipped.get(), 4U);
    EXPECT_EQ(summary.packets, file.packets);
    EXPECT_EQ(summary.dropped, 19U * 5);
    EXPECT_EQ(summary.first_ns, file.first_ns);
    EXPECT_EQ(summary.last_ns, file.last_ns);
    EXPECT_FALSE(summary.in_time_order);
    ASSERT_NE(opened.reader->blocks(), nullptr);
    std::uint64_t end = 0;
    for (const IndexBlock& block : *opened.reader->blocks()) {
      EXPECT_EQ(block.offset, end);
      end = block.offset + block.length_bytes;
      if (!block.skipped) continue;
      EXPECT_TRUE(block.always() && block.packets == 500);
    }
    EXPECT_EQ(end, file.size_bytes);
  }
}

// Also where the first block of a file is such a one: what was counted before it stands at the
// start of the file.
TEST(LiveIndexing, MarksHideNoLoss) {
  Numbers all_but_few;
  for (std::uint32_t block = 0; block < 30; ++block) {
    if (block % 7 != 3) all_but_few.insert(block);
  }
  const Recording recording(
      {.blocks = 30, .file_bytes = 1U << 20, .dropped_each = 5, .taken_back = all_but_few});
  ASSERT_GT(recording.files().size(), 2U);
  EXPECT_EQ(recording.counters().files.get(), recording.files().size());
  std::uint64_t dropped = 0;
  for (const FinishedFile& file : recording.files()) {
    const IndexReader::Opened live = IndexReader::open_beside(file.path);
    ASSERT_TRUE(live.reader) << live.reason;
    const Bytes bytes = index_recording(file.path, {}).bytes;
    const IndexReader::Opened read = IndexReader::from_bytes_unchecked(bytes);
    ASSERT_TRUE(read.reader) << read.reason;
    EXPECT_EQ(live.reader->summary().dropped, read.reader->summary().dropped);
    EXPECT_EQ(live.reader->summary().received, read.reader->summary().received);
    dropped += live.reader->summary().dropped;
  }
  EXPECT_EQ(dropped, 29U * 5);
}

// Packets of several rings lie between one another: their blocks have no place of their own.
TEST(LiveIndexing, AFileWhoseBlocksShareTheirPlaceIsReadWhole) {
  const Recording recording({.rings = 2, .layout = Layout::kPacked});
  ASSERT_EQ(recording.files().size(), 1U);
  EXPECT_EQ(recording.counters().files.get(), 0U);
  EXPECT_EQ(recording.written().files_indexed.get(), 1U);
  expect_as_made_from_the_file(recording.files()[0]);
}

TEST(LiveIndexing, AFileWithAnUntoldBlockIsReadWhole) {
  for (const std::uint32_t block : {0U, 4U, 19U}) {
    const Recording recording({.untold = {block}});
    ASSERT_EQ(recording.files().size(), 1U);
    EXPECT_EQ(recording.counters().files.get(), 0U);
    EXPECT_EQ(recording.written().files_indexed.get(), 1U);
    expect_as_made_from_the_file(recording.files()[0]);
  }
}

// What has marks is made anew from the file, but not at the end of the recording.
TEST(LiveIndexing, AnIndexWithMarksIsMadeAnew) {
  const test::TempDir dir;
  const std::string path = dir.write("a.pcapng", test::IndexRecording(3, 400).file.bytes);
  const Bytes right = index_recording(path, {}).bytes;
  IndexWorker worker(unsynced());
  worker.add(path, Bytes(100, 1), true);
  worker.start();
  while (worker.counters().files_anew.get() == 0) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(index_of(path) == right);
  worker.end();
  worker.join();
  EXPECT_EQ(worker.counters().files_indexed.get(), 1U) << "counted once";

  IndexWorker ending(unsynced());
  ending.add(path, Bytes(100, 1), true);
  ending.end();
  ending.start();
  ending.join();
  EXPECT_EQ(index_of(path).size(), 100U);
  EXPECT_EQ(ending.counters().files_left.get(), 0U) << "it has one";
}

}  // namespace
}  // namespace capstan
