// The way of a batch: spool, state, back-off, and a shipper over a sink that loses answers.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "tests/support/index_traffic.h"
#include "tests/support/temp_dir.h"
#include "tools/common/back_off.h"
#include "tools/ship/file_sink.h"
#include "tools/ship/pending_files.h"
#include "tools/ship/ship_state.h"
#include "tools/ship/shipper.h"
#include "tools/ship/spool.h"
#include "writers/index/index_file.h"

namespace capstan::fleet {
namespace {

using Bytes = std::vector<std::uint8_t>;
using test::TempDir;

Bytes recording(std::uint32_t seed, std::uint64_t packets, std::uint64_t step_us = 1000) {
  test::IndexTraffic traffic(seed);
  test::PcapngBuilder file;
  file.section();
  file.interface(1, 0);
  for (std::uint64_t i = 0; i < packets; ++i) {
    const std::vector<std::uint8_t> packet = traffic.next();
    file.packet(0, 1'700'000'000'000'000 + seed + i * step_us, packet,
                static_cast<std::uint32_t>(packet.size()));
  }
  return file.bytes;
}

TEST(ShipBackOff, GrowsToABoundAndIsNeverTheSame) {
  using tools::BackOff;
  BackOff back_off(1);
  std::uint64_t step = BackOff::kFirstNs;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t wait = back_off.next_ns();
    EXPECT_GE(wait, step / 2);
    EXPECT_LE(wait, step);
    step = std::min(step * 2, BackOff::kLongestNs);
  }
  BackOff other(2);
  bool differs = false;
  for (int i = 0; i < 5; ++i)
    differs |= BackOff(static_cast<std::uint64_t>(i)).next_ns() != other.next_ns();
  EXPECT_TRUE(differs);
  back_off.reset();
  EXPECT_LE(back_off.next_ns(), BackOff::kFirstNs);
}

TEST(ShipSpool, GivesBackWhatItGot) {
  const TempDir directory;
  const std::string path = directory.path() / "spool";
  {
    SpoolWriter writer(path, 42, Packing::kNone);
    writer.add(Table::kFlows, 20'000, 3, Bytes{1, 2, 3});
    writer.add(Table::kFindings, 202611, 1, Bytes{4});
    writer.add(Table::kFiles, 202611, 1, Bytes{});
    EXPECT_FALSE(std::filesystem::exists(path));
    writer.finish();
  }
  std::string error;
  const auto spool = Spool::open(path, error);
  ASSERT_TRUE(spool) << error;
  EXPECT_EQ(spool->file(), 42U);
  ASSERT_EQ(spool->batches().size(), 3U);
  EXPECT_EQ(spool->read(spool->batches()[0]), (Bytes{1, 2, 3}));
  EXPECT_EQ(spool->batches()[1].table, Table::kFindings);
  EXPECT_EQ(spool->read(spool->batches()[2]), Bytes{});
  {
    SpoolWriter dropped(path, 43, Packing::kNone);
    dropped.add(Table::kFlows, 1, 1, Bytes{9});
  }
  EXPECT_EQ(Spool::open(path, error)->file(), 42U);  // the one without an end is gone
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

// Any byte changed, any length cut: refused, or the batch that it is in is.
TEST(ShipSpool, NeverGivesWrongBytes) {
  const TempDir directory;
  const std::string path = directory.path() / "spool";
  {
    SpoolWriter writer(path, 42, Packing::kGzip);
    writer.add(Table::kFlows, 1, 100, Bytes(500, 7));
    writer.add(Table::kFiles, 1, 1, Bytes(20, 8));
    writer.finish();
  }
  std::string error;
  const auto good = Spool::open(path, error);
  ASSERT_TRUE(good);
  const std::vector<Bytes> truth = {good->read(good->batches()[0]), good->read(good->batches()[1])};
  const std::string text = test::read_text(path);
  const auto attempt = [&](std::string bytes) {
    directory.write("spool", {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    const auto spool = Spool::open(path, error);
    if (!spool) {
      EXPECT_FALSE(error.empty());
      return;
    }
    if (spool->file() != 42) return;  // the caller compares it
    ASSERT_EQ(spool->batches().size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
      try {
        EXPECT_EQ(spool->read(spool->batches()[i]), truth[i]);
      } catch (const std::runtime_error&) {
      }
    }
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    attempt(bad);
    attempt(text.substr(0, at));
  }
}

StateIdentity identity(const std::string& directory) { return {directory, 1, 2, "sink", "sensor"}; }

TEST(ShipState, IsKept) {
  const TempDir directory;
  const std::string path = directory.path() / "state";
  std::string instance;
  {
    ShipState state(path, identity("/d"));
    EXPECT_TRUE(state.fresh());
    instance = state.instance();
    EXPECT_EQ(instance.size(), 32U);
    state.add_done({1, 2, 3}, 77);
    state.add_done({4, 5, 6}, 0);
    state.current = CurrentFile{99, "x/\x1b\xff.pcapng", {7, 8, 9}, 5};
    state.rows_shipped = 1'000'000'000'000;
    state.sink_position = 12;
    state.save();
    EXPECT_THROW(ShipState(path, identity("/d")), UsageError);  // in use
  }
  const ShipState state(path, identity("/d"));
  EXPECT_FALSE(state.fresh());
  EXPECT_EQ(state.instance(), instance);
  EXPECT_TRUE(state.is_done(FileSight{1, 2, 3}) && state.is_done(FileSight{4, 5, 6}));
  EXPECT_FALSE(state.is_done(FileSight{1, 2, 4}));
  EXPECT_TRUE(state.is_done(std::uint64_t{77}));
  EXPECT_FALSE(state.is_done(std::uint64_t{0}));
  ASSERT_TRUE(state.current);
  EXPECT_EQ(state.current->next, 5U);
  EXPECT_EQ(state.current->sight, (FileSight{7, 8, 9}));
  EXPECT_EQ(state.rows_shipped, 1'000'000'000'000U);
  EXPECT_EQ(state.sink_position, 12U);
}

TEST(ShipState, IsRefusedWhenItIsNotItsOwn) {
  const TempDir directory;
  const std::string path = directory.path() / "state";
  ShipState(path, identity("/d")).save();
  EXPECT_THROW(ShipState(path, {"/e", 1, 3, "sink", "sensor"}), UsageError);
  EXPECT_THROW(ShipState(path, {"/d", 1, 2, "other", "sensor"}), UsageError);
  EXPECT_THROW(ShipState(path, {"/d", 1, 2, "sink", "other"}), UsageError);
  EXPECT_NO_THROW(ShipState(path, {"/moved", 1, 2, "sink", "sensor"}));
  EXPECT_NO_THROW(ShipState(path, {"/d", 9, 9, "sink", "sensor"}));  // after a boot
  const std::string good = test::read_text(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    directory.write("state", {reinterpret_cast<const std::uint8_t*>(bad.data()), bad.size()});
    EXPECT_THROW(ShipState(path, identity("/d")), UsageError) << at;
    directory.write("state", {reinterpret_cast<const std::uint8_t*>(good.data()), at});
    EXPECT_THROW(ShipState(path, identity("/d")), UsageError) << at;
  }
}

TEST(ShipState, ForgetsTheOldest) {
  const TempDir directory;
  ShipState state(directory.path() / "state", identity("/d"));
  for (std::uint64_t i = 0; i <= ShipState::kMostDone; ++i) state.add_done({i, 1, 1}, i + 1);
  EXPECT_FALSE(state.is_done(FileSight{0, 1, 1}));
  EXPECT_FALSE(state.is_done(std::uint64_t{1}));
  EXPECT_TRUE(state.is_done(FileSight{1, 1, 1}));
  EXPECT_TRUE(state.is_done(FileSight{ShipState::kMostDone, 1, 1}));
}

// What the directory does not have any more goes after a while, not at once: a disk that was not
// mounted for a day brings nothing new. Kept over a restart.
TEST(ShipState, ForgetsWhatIsGoneForLong) {
  const TempDir directory;
  const std::string path = directory.path() / "state";
  constexpr std::uint64_t kStart = 1'700'000'000;
  {
    ShipState state(path, identity("/d"));
    for (std::uint64_t i = 1; i <= 3; ++i) state.add_done({i, 1, 1}, i);
    state.note_present({{1, 1, 1}}, kStart);
    state.note_present({{1, 1, 1}, {3, 1, 1}}, kStart + 86'400);
    state.note_present({{1, 1, 1}}, kStart + 2 * 86'400);
    EXPECT_EQ(state.done_files(), 3U);
    state.save();
  }
  ShipState state(path, identity("/d"));
  state.note_present({{1, 1, 1}}, kStart + ShipState::kForgetSeconds - 1);
  EXPECT_TRUE(state.is_done(std::uint64_t{2}));
  state.note_present({{1, 1, 1}}, kStart + ShipState::kForgetSeconds);
  EXPECT_FALSE(state.is_done(FileSight{2, 1, 1}));
  EXPECT_FALSE(state.is_done(std::uint64_t{2}));
  EXPECT_TRUE(state.is_done(FileSight{3, 1, 1}));
  state.note_present({{1, 1, 1}}, kStart);  // a clock that was set back forgets nothing
  state.note_present({{1, 1, 1}}, kStart + ShipState::kForgetSeconds - 1);
  EXPECT_TRUE(state.is_done(std::uint64_t{3}));
  state.note_present({{1, 1, 1}}, kStart + ShipState::kForgetSeconds);
  EXPECT_EQ(state.done_files(), 1U);
}

TEST(ShipPending, WaitsForIndexesAndTakesTheOldestFirst) {
  const TempDir directory;
  ShipState state(directory.path() / ".state", identity("/d"));
  const std::string old = directory.write("b.pcapng", recording(1, 10));
  const std::string young = directory.write("a.pcapng", recording(2, 10));
  directory.write(".c.pcapng.part", recording(3, 10));
  const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, old.c_str(), times, 0), 0);
  PendingFiles pending(directory.path(), state, false);
  pending.look();
  EXPECT_EQ(pending.waiting(), 2U);
  const auto first = pending.next(0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->path, old);
  state.add_done(first->sight, 1);
  EXPECT_FALSE(pending.next(0));  // no index, and it has just been written
  PendingFiles eager(directory.path(), state, true);
  eager.look();
  EXPECT_EQ(eager.next(0)->path, young);
  const IndexedRecording index = index_recording(young, {});
  ASSERT_EQ(write_index_file(young, index.bytes, false), 0);
  pending.look();
  ASSERT_TRUE(pending.next(0));
  EXPECT_EQ(pending.next(0)->path, young);
  std::filesystem::rename(young, directory.path() / "z.pcapng");
  pending.look();
  EXPECT_EQ(pending.gone(), 0U);
  std::filesystem::remove(directory.path() / "z.pcapng");
  pending.look();
  EXPECT_EQ(pending.gone(), 1U);
}

// A recording that cannot be read is tried later, and each time later; a word is worth what is new.
TEST(ShipPending, PutsOffLongerEachTime) {
  const TempDir directory;
  ShipState state(directory.path() / ".state", identity("/d"));
  const std::string path = directory.write("a.pcapng", recording(1, 10));
  const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  PendingFiles pending(directory.path(), state, false);
  pending.look();
  std::uint64_t now_ns = 1'000;
  std::uint64_t before_ns = 0;
  for (int i = 0; i < 20; ++i) {
    const auto file = pending.next(now_ns);
    ASSERT_TRUE(file);
    EXPECT_EQ(pending.put_off(*file, "it cannot be read", now_ns), i == 0);
    pending.look();
    std::uint64_t pause_ns = 0;
    while (!pending.next(now_ns + pause_ns)) pause_ns += kNanosecondsPerSecond;
    EXPECT_GE(pause_ns, std::min(2 * before_ns, 600 * kNanosecondsPerSecond));
    EXPECT_GE(pause_ns, 2 * kNanosecondsPerSecond);
    EXPECT_LE(pause_ns, 600 * kNanosecondsPerSecond);
    before_ns = pause_ns;
    now_ns += pause_ns;
  }
  EXPECT_EQ(before_ns, 600 * kNanosecondsPerSecond);
  EXPECT_TRUE(pending.put_off(*pending.next(now_ns), "something else", now_ns));
  // Another content is another file.
  directory.write("a.pcapng", recording(2, 10));
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  pending.look();
  EXPECT_TRUE(pending.next(now_ns));
}

// What a server has, which outlives the process that ships.
struct FakeServer {
  std::vector<std::pair<std::uint64_t, Bytes>> batches;  // file and bytes, as they came
  std::mt19937 random;
  bool calm = false;
};

// Loses requests and answers at random; settles by looking.
class LossySink final : public Sink {
 public:
  explicit LossySink(FakeServer& server) : server_(server) {}

  Answer open() override {
    open_ = lucky();
    return open_ ? Answer{} : Answer::later("away");
  }
  Answer settle(const Spool& spool, std::uint64_t& batches) override {
    EXPECT_TRUE(open_);
    settled_ = lucky();
    if (!settled_) return Answer::later("no answer");
    batches = 0;
    for (const auto& [file, bytes] : server_.batches) batches += file == spool.file() ? 1U : 0U;
    return {};
  }
  Answer put(const Spool& spool, std::uint64_t number) override {
    EXPECT_TRUE(open_ && settled_) << "put without settle";
    const bool arrives = lucky();
    if (arrives) {
      server_.batches.emplace_back(spool.file(), spool.read(spool.batches()[number]));
    }
    if (arrives && lucky()) return {};
    settled_ = false;
    open_ = false;
    return Answer::later("no answer");
  }
  Packing packing() const noexcept override { return Packing::kNone; }
  bool wants_eve() const noexcept override { return true; }

 private:
  bool lucky() { return server_.calm || server_.random() % 3 != 0; }
  FakeServer& server_;
  bool open_ = false;
  bool settled_ = false;
};

// The lines of `recordings` in the order in which they are shipped, made by a calm server.
std::vector<std::pair<std::uint64_t, Bytes>> calm_truth(const TempDir& data,
                                                        const ShipperOptions& options) {
  const TempDir other;
  ShipState state(other.path() / "state", identity("/d"));
  FakeServer server;
  server.calm = true;
  LossySink sink(server);
  const std::atomic<bool> stop{false};
  Shipper shipper(options, sink, state, stop, {[](auto&) {}, [](auto&) {}, [](auto&) {}});
  EXPECT_TRUE(shipper.run());
  EXPECT_EQ(shipper.counters().files, static_cast<std::uint64_t>(std::distance(
                                          std::filesystem::directory_iterator(data.path()), {})));
  return server.batches;
}

ShipperOptions options_of(const TempDir& data) {
  ShipperOptions options;
  options.directory = data.path();
  options.spool.sensor = "sensor";
  options.spool.batch_rows = 50;
  options.once = true;
  return options;
}

// Requests lost, answers lost, the process gone at any moment: what arrives is what arrives at a
// server of which nothing is lost.
TEST(Shipper, EveryBatchOnceInOrder) {
  const TempDir data;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    data.write(fmt::format("{}.pcapng", i), recording(i, 400, i == 2 ? 400'000'000 : 1000));
  }
  const ShipperOptions options = options_of(data);
  const auto truth = calm_truth(data, options);
  ASSERT_GT(truth.size(), 12U);
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const TempDir place;
    FakeServer server;
    server.random.seed(seed);
    std::mt19937 random(seed);
    for (int lives = 0; lives < 200; ++lives) {
      ShipState state(place.path() / "state", identity("/d"));
      LossySink sink(server);
      std::atomic<bool> stop{false};
      // Time that a back-off waits for is not waited for: the process dies instead.
      std::uint64_t ticks = 1 + random() % 30;
      Shipper::Talk talk{[](auto&) {}, [&stop](auto&) { stop = true; },
                         [&](auto&) { stop = stop || --ticks == 0; }};
      Shipper shipper(options, sink, state, stop, talk);
      EXPECT_TRUE(shipper.run());
      if (shipper.counters().files_waiting == 0 && !stop) break;
    }
    EXPECT_EQ(server.batches, truth);
  }
}

// Flips a byte of a batch in the spool, once, just before that batch is sent; and does what the
// test wants at that moment.
class DamagedSpoolSink final : public Sink {
 public:
  DamagedSpoolSink(Sink& sink, std::string spool, std::uint64_t batch, std::function<void()> then)
      : sink_(sink), spool_(std::move(spool)), batch_(batch), then_(std::move(then)) {}

  Answer open() override { return sink_.open(); }
  Answer settle(const Spool& spool, std::uint64_t& batches) override {
    return sink_.settle(spool, batches);
  }
  Answer put(const Spool& spool, std::uint64_t number) override {
    if (number == batch_ && !std::exchange(done_, true)) {
      flip_byte(spool_, spool.batches()[number].offset + 1);
      then_();
    }
    return sink_.put(spool, number);
  }
  Packing packing() const noexcept override { return sink_.packing(); }
  bool wants_eve() const noexcept override { return sink_.wants_eve(); }

  static void flip_byte(const std::string& path, std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 0x20));
    ASSERT_TRUE(file.flush());
  }

 private:
  Sink& sink_;
  std::string spool_;
  std::uint64_t batch_;
  std::function<void()> then_;
  bool done_ = false;
};

// The first batch, one in the middle, the last: before any of the file was sent, and after.
TEST(Shipper, ADamagedBatchIsMadeAnewFromTheRecording) {
  const TempDir data;
  for (std::uint32_t i = 1; i <= 2; ++i) data.write(fmt::format("{}.pcapng", i), recording(i, 400));
  const ShipperOptions options = options_of(data);
  const auto truth = calm_truth(data, options);
  const std::uint64_t last = static_cast<std::uint64_t>(
      std::count_if(truth.begin(), truth.end(),
                    [&](const auto& batch) { return batch.first == truth.front().first; }) -
      1);
  ASSERT_GT(last, 3U);
  for (const std::uint64_t batch : {std::uint64_t{0}, std::uint64_t{2}, last}) {
    SCOPED_TRACE(batch);
    const TempDir place;
    ShipState state(place.path() / "state", identity("/d"));
    FakeServer server;
    server.calm = true;
    LossySink calm(server);
    DamagedSpoolSink sink(calm, state.spool_path(), batch, [] {});
    std::string said;
    const std::atomic<bool> stop{false};
    Shipper shipper(options, sink, state, stop,
                    {[](auto&) {}, [&said](auto& text) { said += text; }, [](auto&) {}});
    EXPECT_TRUE(shipper.run());
    EXPECT_EQ(server.batches, truth);
    EXPECT_NE(said.find("damaged at byte"), std::string::npos) << said;
    EXPECT_NE(said.find("made anew"), std::string::npos) << said;
    EXPECT_EQ(shipper.counters().files_gone, 0U);
  }
}

// However often its rows are made, and whatever other name it has.
TEST(Shipper, ADamagedRecordingIsCountedOnce) {
  const TempDir data;
  Bytes cut = recording(1, 400);
  cut.resize(cut.size() - 10);
  data.write("1.pcapng", cut);
  data.write("2.pcapng", cut);
  const TempDir place;
  ShipState state(place.path() / "state", identity("/d"));
  FakeServer server;
  server.calm = true;
  LossySink calm(server);
  DamagedSpoolSink sink(calm, state.spool_path(), 1, [] {});
  const std::atomic<bool> stop{false};
  Shipper shipper(options_of(data), sink, state, stop, {[](auto&) {}, [](auto&) {}, [](auto&) {}});
  EXPECT_TRUE(shipper.run());
  EXPECT_EQ(shipper.counters().files, 1U);
  EXPECT_EQ(shipper.counters().files_damaged, 1U);
}

TEST(Shipper, ADamagedBatchOfADeletedRecordingIsCountedAndSaid) {
  const TempDir data;
  std::vector<std::string> paths;
  for (std::uint32_t i = 1; i <= 2; ++i) {
    paths.push_back(data.write(fmt::format("{}.pcapng", i), recording(i, 400)));
  }
  const ShipperOptions options = options_of(data);
  const auto truth = calm_truth(data, options);
  const TempDir place;
  ShipState state(place.path() / "state", identity("/d"));
  FakeServer server;
  server.calm = true;
  LossySink calm(server);
  DamagedSpoolSink sink(calm, state.spool_path(), 2, [&] { std::filesystem::remove(paths[0]); });
  std::string said;
  const std::atomic<bool> stop{false};
  Shipper shipper(options, sink, state, stop,
                  {[](auto&) {}, [&said](auto& text) { said += text + "\n"; }, [](auto&) {}});
  EXPECT_TRUE(shipper.run());
  EXPECT_NE(said.find("1.pcapng: it was deleted, and its spool is lost"), std::string::npos)
      << said;
  EXPECT_EQ(shipper.counters().files_gone, 1U) << said;
  EXPECT_EQ(shipper.counters().files, 1U);
  auto rest = truth;
  rest.erase(std::remove_if(rest.begin() + 2, rest.end(),
                            [&](const auto& batch) { return batch.first == truth[0].first; }),
             rest.end());
  EXPECT_EQ(server.batches, rest);
  EXPECT_FALSE(state.current);
}

// /proc/self/mem: a regular file of which a read gives EIO.
void make_unreadable(const std::string& path) {
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/proc/self/mem", path);
}

// Neither is left: it is tried some times, then the rest of its rows is given up, and the others go
// on.
TEST(Shipper, ADamagedBatchOfAnUnreadableRecordingHoldsNothingUp) {
  const TempDir data;
  std::vector<std::string> paths;
  for (std::uint32_t i = 1; i <= 2; ++i) {
    paths.push_back(data.write(fmt::format("{}.pcapng", i), recording(i, 400)));
  }
  ShipperOptions options = options_of(data);
  const auto truth = calm_truth(data, options);
  options.attempts_without_spool = 3;
  const TempDir place;
  ShipState state(place.path() / "state", identity("/d"));
  FakeServer server;
  server.calm = true;
  LossySink calm(server);
  DamagedSpoolSink sink(calm, state.spool_path(), 2, [&] { make_unreadable(paths[0]); });
  std::vector<std::string> said;
  const std::atomic<bool> stop{false};
  Shipper shipper(options, sink, state, stop,
                  {[](auto&) {}, [&said](auto& text) { said.push_back(text); }, [](auto&) {}});
  EXPECT_TRUE(shipper.run());
  ASSERT_EQ(said.size(), 3U) << fmt::format("{}", fmt::join(said, "\n"));
  EXPECT_NE(said[0].find("made anew"), std::string::npos) << said[0];
  EXPECT_NE(said[1].find("1.pcapng: read: Input/output error; trying again"), std::string::npos)
      << said[1];
  EXPECT_NE(said[2].find("the rest of its rows is not shipped"), std::string::npos) << said[2];
  EXPECT_EQ(shipper.counters().files_given_up, 1U);
  EXPECT_EQ(shipper.counters().files_gone, 0U);
  EXPECT_EQ(server.batches.size(), 2 + static_cast<std::size_t>(std::count_if(
                                           truth.begin(), truth.end(), [&](const auto& batch) {
                                             return batch.first != truth[0].first;
                                           })));
  // Readable again: its rows are there in part, and none comes twice.
  std::filesystem::remove(paths[0]);
  data.write("1.pcapng", recording(1, 400));
  Shipper next(options, calm, state, stop, {[](auto&) {}, [](auto&) {}, [](auto&) {}});
  const auto before = server.batches;
  EXPECT_TRUE(next.run());
  EXPECT_EQ(server.batches, before);
}

TEST(Shipper, AnUnreadableRecordingIsLeftOutOnce) {
  const TempDir data;
  data.write("1.pcapng", recording(1, 400));
  ShipperOptions options = options_of(data);
  const auto truth = calm_truth(data, options);
  make_unreadable(data.path() / "0.pcapng");
  const TempDir place;
  ShipState state(place.path() / "state", identity("/d"));
  FakeServer server;
  server.calm = true;
  LossySink sink(server);
  std::vector<std::string> said;
  const std::atomic<bool> stop{false};
  Shipper shipper(options, sink, state, stop,
                  {[](auto&) {}, [&said](auto& text) { said.push_back(text); }, [](auto&) {}});
  EXPECT_TRUE(shipper.run());
  EXPECT_EQ(server.batches, truth);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("0.pcapng: read: Input/output error; left out"), std::string::npos)
      << said[0];
  EXPECT_EQ(shipper.counters().files_failed, 1U);
  EXPECT_EQ(shipper.counters().files_refused, 0U);
}

// The next process finds the damage, and has another --batch-rows: batches end where they ended.
TEST(Shipper, ASpoolMadeAnewHasTheSameBatches) {
  const TempDir data;
  data.write("1.pcapng", recording(1, 400));
  ShipperOptions options = options_of(data);
  std::string truth;
  for (const auto& [file, bytes] : calm_truth(data, options))
    truth.append(bytes.begin(), bytes.end());
  const TempDir place;
  const std::string lines = place.path() / "eve.json";
  for (const bool again : {false, true}) {
    ShipState state(place.path() / "state", identity("/d"));
    FileSink sink(lines, state);
    std::atomic<bool> stop{false};
    Shipper shipper(options, sink, state, stop,
                    {[](auto&) {}, [](auto&) {},
                     [&](const ShipCounters& counters) {
                       if (!again && counters.batches == 3) stop = true;
                     }});
    EXPECT_TRUE(shipper.run());
    if (again) continue;
    ASSERT_TRUE(state.current);
    std::string error;
    const auto spool = Spool::open(state.spool_path(), error);
    ASSERT_TRUE(spool) << error;
    DamagedSpoolSink::flip_byte(state.spool_path(), spool->batches()[4].offset);
    options.spool.batch_rows = 20;
  }
  EXPECT_EQ(test::read_text(lines), truth);
}

TEST(Shipper, AFileIsCutAndGoneOnWith) {
  const TempDir data;
  for (std::uint32_t i = 1; i <= 3; ++i) data.write(fmt::format("{}.pcapng", i), recording(i, 300));
  const ShipperOptions options = options_of(data);
  std::string truth;
  for (const auto& [file, bytes] : calm_truth(data, options))
    truth.append(bytes.begin(), bytes.end());
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    const TempDir place;
    const std::string lines = place.path() / "eve.json";
    for (int lives = 0; lives < 200; ++lives) {
      ShipState state(place.path() / "state", identity("/d"));
      FileSink sink(lines, state);
      std::atomic<bool> stop{false};
      std::uint64_t ticks = 1 + random() % 12;
      Shipper shipper(options, sink, state, stop,
                      {[](auto&) {}, [](auto& text) { ADD_FAILURE() << text; },
                       [&](auto&) { stop = stop || --ticks == 0; }});
      EXPECT_TRUE(shipper.run());
      if (!stop) break;
      // What a crash behind the write and in front of the state leaves.
      if (std::filesystem::exists(lines)) std::ofstream(lines, std::ios::app) << "half a li";
    }
    EXPECT_EQ(test::read_text(lines), truth);
  }
}

TEST(Shipper, AFileThatIsNotOursIsLeftAlone) {
  const TempDir data;
  data.write("1.pcapng", recording(1, 10));
  const TempDir place;
  const std::string lines = place.path() / "eve.json";
  std::ofstream(lines) << "somebody's\n";
  ShipState state(place.path() / "state", identity("/d"));
  FileSink sink(lines, state);
  const Answer answer = sink.open();
  EXPECT_EQ(answer.kind, Answer::Kind::kRefused);
  EXPECT_NE(answer.text.find("move it away"), std::string::npos);
  EXPECT_EQ(test::read_text(lines), "somebody's\n");
  // Moved away by a rotation of logs, while it is being written.
  std::filesystem::remove(lines);
  ASSERT_TRUE(sink.open().done());
  state.sink_position = 5;
  std::filesystem::resize_file(lines, 3);
  EXPECT_EQ(sink.open().kind, Answer::Kind::kRefused);
  std::filesystem::rename(lines, lines + ".1");
  EXPECT_TRUE(sink.open().done());
  EXPECT_EQ(state.sink_position, 0U);
}

}  // namespace
}  // namespace capstan::fleet
