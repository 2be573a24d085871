// Indexes as files: written beside their recordings, found, checked, made anew and removed with
// them; the worker that makes them beside a recording; `capstan index`.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/index/file_indexer.h"
#include "engine/index/plans_ahead.h"
#include "tests/support/index_traffic.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"
#include "tools/common/exit_status.h"
#include "tools/index/index_command.h"
#include "tools/index/index_run.h"
#include "writers/index/index_file.h"
#include "writers/index/index_worker.h"

namespace capstan {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

std::string recording_in(const test::TempDir& dir, const std::string& name, std::uint32_t seed = 1,
                         std::size_t packets = 300) {
  return dir.write(name, test::IndexRecording(seed, packets).file.bytes);
}

IndexReader::Opened open_of(const std::string& recording) {
  return IndexReader::open(index_path_of(recording), *identify_file(recording, true));
}

std::size_t entries(const test::TempDir& dir) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir.path()),
                                                std::filesystem::directory_iterator()));
}

// More files than are planned ahead, some of them left out by whoever reads: each that is asked for
// gets its own plan, and nobody waits for ever.
TEST(PlansAhead, EachFileGetsItsPlanWhateverIsLeftOut) {
  const test::TempDir dir;
  constexpr std::size_t kFiles = 3 * PlansAhead::kAhead;
  std::vector<SetFile> files;
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string path = (dir.path() / fmt::format("{:04}.pcapng", i)).string();
    files.push_back({i % 100 == 0 ? recording_in(dir, fmt::format("{:04}.pcapng", i), 1, 10) : path,
                     false, false});
    if (i % 100 != 0) continue;
    ASSERT_EQ(write_index_file(path, index_recording(path, {}).bytes, true), 0);
  }
  for (const std::size_t step : {1U, 7U, 300U}) {
    PlansAhead ahead(files, {}, {}, false);
    for (std::size_t i = 0; i < kFiles; i += step) {
      const PlannedFile planned = ahead.take(files[i]);
      EXPECT_EQ(planned.facts.refusal == IndexRefusal::kNone, i % 100 == 0) << files[i].path;
    }
  }
  PlansAhead left_early(files, {}, {}, false);
  static_cast<void>(left_early.take(files[3]));
}

TEST(IndexFiles, AnIndexHasTheRecordingsPermissions) {
  const test::TempDir dir;
  const std::string path = recording_in(dir, "a.pcapng");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  ASSERT_EQ(write_index_file(path, Bytes(100, 1), true), 0);
  struct stat status {};
  ASSERT_EQ(::stat(index_path_of(path).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
  EXPECT_EQ(entries(dir), 2U);  // nothing hidden is left
}

TEST(IndexFiles, OfARecordingThatIsGoneNothingIsLeft) {
  const test::TempDir dir;
  EXPECT_EQ(write_index_file(dir.path() / "a.pcapng", Bytes(100, 1), false), ENOENT);
  EXPECT_EQ(entries(dir), 0U);
}

TEST(IndexFiles, WhereItCannotBeWrittenNothingIsLeft) {
  const test::TempDir dir;
  const std::string path = recording_in(dir, "a.pcapng");
  std::filesystem::create_directory(index_path_of(path));  // in the way of the name
  EXPECT_NE(write_index_file(path, Bytes(100, 1), false), 0);
  EXPECT_EQ(entries(dir), 2U);
}

// A limit on the size of files ends a write as a full disk does.
TEST(IndexFiles, WhereTheyDoNotFitNothingIsLeft) {
  const test::TempDir dir;
  const std::string path = recording_in(dir, "a.pcapng");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const int error = write_index_file(path, Bytes(100'000, 1), false);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error, EFBIG);
  EXPECT_EQ(entries(dir), 1U);
}

// Retention removes an index, or somebody cuts it, while a query reads it.
TEST(IndexFiles, RemovedOrCutWhileItIsRead) {
  const test::TempDir dir;
  const std::string path = recording_in(dir, "a.pcapng", 1, 20'000);
  IndexRecordingOptions options;
  options.block_bytes = 4096;
  const IndexedRecording indexed = index_recording(path, options);
  ASSERT_EQ(write_index_file(path, indexed.bytes, false), 0);
  IndexReader::Opened removed = open_of(path);
  IndexReader::Opened cut = open_of(path);
  ASSERT_TRUE(removed.reader && cut.reader);
  std::filesystem::resize_file(index_path_of(path), 40'000);
  const auto see_all = [](IndexReader& reader) {
    return reader.for_each_row([](const IndexRow&, const auto&) { return true; });
  };
  EXPECT_FALSE(see_all(*cut.reader));
  EXPECT_NE(cut.reader->error(), "");
  ASSERT_EQ(write_index_file(path, indexed.bytes, false), 0);
  removed = open_of(path);
  ASSERT_TRUE(removed.reader);
  ASSERT_EQ(remove_index_file(path), 0);
  EXPECT_TRUE(see_all(*removed.reader)) << removed.reader->error();
}

TEST(IndexFiles, GoWithTheirRecording) {
  const test::TempDir dir;
  const std::string path = recording_in(dir, "a.pcapng");
  ASSERT_EQ(write_index_file(path, Bytes(100, 1), false), 0);
  dir.write(".a.pcapng.cidx.new", Bytes(10, 1));  // of a process that was killed
  EXPECT_EQ(remove_index_file(path), 0);
  EXPECT_EQ(remove_index_file(path), 0);
  EXPECT_EQ(entries(dir), 1U);
}

void wait_until(const std::function<bool()>& done) { ASSERT_TRUE(test::wait_until(done)); }

TEST(IndexWorker, MakesWhatItIsGiven) {
  const test::TempDir dir;
  IndexWorker worker({});
  worker.start();
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 5; ++i) {
    paths.push_back(recording_in(dir, std::to_string(i) + ".pcapng", i));
    worker.add(paths.back());
  }
  worker.add(dir.path() / "deleted.pcapng");
  worker.add(dir.write("none.pcapng", Bytes(100, 7)));
  worker.end();
  wait_until([&worker] { return worker.finished(); });
  EXPECT_EQ(worker.counters().files_indexed.get(), 5U);
  EXPECT_EQ(worker.counters().files_refused.get(), 2U);
  EXPECT_EQ(worker.counters().files_failed.get(), 0U);
  EXPECT_EQ(worker.counters().files_left.get(), 0U);
  for (const std::string& path : paths) {
    IndexReader::Opened opened = open_of(path);
    ASSERT_TRUE(opened.reader.has_value()) << opened.reason;
    EXPECT_TRUE(opened.reader->check());
  }
}

TEST(IndexWorker, SaysWhatItCannotWrite) {
  const test::TempDir dir;
  const std::string path = recording_in(dir, "a.pcapng");
  std::filesystem::create_directory(index_path_of(path));
  IndexWorker worker({});
  worker.start();
  worker.add(path);
  worker.end();
  wait_until([&worker] { return worker.finished(); });
  EXPECT_EQ(worker.counters().files_failed.get(), 1U);
  EXPECT_NE(worker.last_failure().find("a.pcapng.cidx"), std::string::npos);
}

TEST(IndexWorker, WaitsWhileThereIsSomethingBetterToDo) {
  const test::TempDir dir;
  std::atomic<bool> busy{true};
  std::atomic<int> asked{0};
  IndexWorkerOptions options;
  options.busy = [&] {
    ++asked;
    return busy.load();
  };
  IndexWorker worker(options);
  worker.start();
  const std::string path = recording_in(dir, "a.pcapng");
  worker.add(path);
  worker.end();
  wait_until([&asked] { return asked > 3; });
  EXPECT_FALSE(worker.finished());
  EXPECT_FALSE(std::filesystem::exists(index_path_of(path)));
  busy = false;
  wait_until([&worker] { return worker.finished(); });
  EXPECT_TRUE(std::filesystem::exists(index_path_of(path)));
}

TEST(IndexWorker, LeavesWhatIsNotDone) {
  const test::TempDir dir;
  std::atomic<int> asked{0};
  IndexWorkerOptions options;
  options.busy = [&asked] {
    ++asked;
    return true;
  };
  IndexWorker worker(options);
  worker.start();
  for (std::uint32_t i = 0; i < 3; ++i) {
    worker.add(recording_in(dir, std::to_string(i) + ".pcapng", i));
  }
  wait_until([&asked] { return asked > 0; });
  worker.leave();
  wait_until([&worker] { return worker.finished(); });
  EXPECT_EQ(worker.counters().files_left.get(), 3U);
  EXPECT_EQ(worker.counters().files_indexed.get(), 0U);
  EXPECT_EQ(entries(dir), 3U);
}

// A worker at a file that it may not read now, in front of more of them.
class BusyWorker {
 public:
  explicit BusyWorker(const test::TempDir& dir, std::uint32_t files) {
    IndexWorkerOptions options;
    options.sync = false;
    options.busy = [this] {
      ++asked_;
      return busy_.load();
    };
    worker_.emplace(std::move(options));
    worker_->start();
    for (std::uint32_t i = 0; i < files; ++i) {
      earlier_.push_back(recording_in(dir, "earlier" + std::to_string(i) + ".pcapng", i));
      worker_->add(earlier_.back());
    }
    wait_until([this] { return asked_ > 0; });
  }
  IndexWorker& worker() { return *worker_; }
  const IndexCounters& counters() const { return worker_->counters(); }
  void go_on() { busy_ = false; }
  std::size_t earlier_indexes() const {
    return static_cast<std::size_t>(std::count_if(
        earlier_.begin(), earlier_.end(),
        [](const std::string& path) { return std::filesystem::exists(index_path_of(path)); }));
  }

 private:
  std::atomic<bool> busy_{true};
  std::atomic<int> asked_{0};
  std::vector<std::string> earlier_;
  std::optional<IndexWorker> worker_;  // ends before what it asks
};

TEST(IndexWorker, WritesWhatIsMadeInFrontOfWhatIsToBeRead) {
  const test::TempDir dir;
  BusyWorker busy(dir, 5);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::string path = recording_in(dir, "new" + std::to_string(i) + ".pcapng", i);
    busy.worker().add(path, index_recording(path, {}).bytes, false);
  }
  wait_until([&] { return busy.counters().files_indexed.get() == 3; });
  EXPECT_EQ(busy.earlier_indexes(), 0U) << "they are not to be read yet";
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(open_of(dir.path() / ("new" + std::to_string(i) + ".pcapng")).reader);
  }
  busy.worker().end();
  busy.go_on();
  wait_until([&] { return busy.worker().finished(); });
  EXPECT_EQ(busy.earlier_indexes(), 5U);
  EXPECT_EQ(busy.counters().files_indexed.get(), 8U);
}

TEST(IndexWorker, HasRoomForWhatIsMadeBehindAnyNumberOfFiles) {
  const test::TempDir dir;
  BusyWorker busy(dir, 1);
  for (std::size_t i = 0; i < IndexWorker::kMaxWaiting; ++i) busy.worker().add(dir.path() / "none");
  EXPECT_EQ(busy.counters().files_left.get(), 0U);
  busy.worker().add(dir.path() / "none");
  EXPECT_EQ(busy.counters().files_left.get(), 1U);
  const std::string path = recording_in(dir, "new.pcapng");
  busy.worker().add(path, index_recording(path, {}).bytes, false);
  wait_until([&] { return std::filesystem::exists(index_path_of(path)); });
  busy.worker().leave();
  wait_until([&] { return busy.worker().finished(); });
  EXPECT_EQ(busy.counters().files_left.get(), IndexWorker::kMaxWaiting + 2);
}

// Nothing of them is to be read, and nobody makes them again.
TEST(IndexWorker, WritesWhatIsMadeWhenItIsToLeave) {
  const test::TempDir dir;
  IndexWorker worker({});
  const std::string earlier = recording_in(dir, "earlier.pcapng", 1);
  worker.add(earlier);
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 3; ++i) {
    paths.push_back(recording_in(dir, "new" + std::to_string(i) + ".pcapng", i));
    worker.add(paths.back(), index_recording(paths.back(), {}).bytes, i == 1);
  }
  worker.leave();
  worker.start();
  wait_until([&worker] { return worker.finished(); });
  for (const std::string& path : paths) EXPECT_TRUE(open_of(path).reader) << path;
  EXPECT_FALSE(std::filesystem::exists(index_path_of(earlier)));
  EXPECT_EQ(worker.counters().files_indexed.get(), 3U);
  EXPECT_EQ(worker.counters().files_left.get(), 1U);
}

// ---- capstan index ----

int run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "index");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return tools::index_command(static_cast<int>(argv.size()), argv.data());
}

TEST(IndexCommand, MakesChecksAndMakesAnew) {
  const test::TempDir dir;
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 4; ++i) {
    paths.push_back(recording_in(dir, "r" + std::to_string(i) + ".pcapng", i));
  }
  dir.write("notes.txt", Bytes(100, 'x'));
  const std::string all = dir.path();
  EXPECT_EQ(run({"--check", "-q", all}), tools::kExitFailed);  // there is none yet
  EXPECT_EQ(run({"-q", all}), tools::kExitDone);
  EXPECT_EQ(run({"--check", "-q", all}), tools::kExitDone);
  EXPECT_FALSE(std::filesystem::exists(index_path_of(dir.path() / "notes.txt")));
  const auto before = std::filesystem::last_write_time(index_path_of(paths[0]));
  EXPECT_EQ(run({"-q", all}), tools::kExitDone);
  EXPECT_EQ(std::filesystem::last_write_time(index_path_of(paths[0])), before);
  // One damaged, one of another file: found, and mended.
  {
    const UniqueFd fd(::open(index_path_of(paths[1]).c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::pwrite(fd.get(), "x", 1, 300), 1);
  }
  std::filesystem::copy_file(index_path_of(paths[3]), index_path_of(paths[2]),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(run({"--check", "-q", all}), tools::kExitFailed);
  EXPECT_EQ(run({"-q", "-j", "2", all}), tools::kExitDone);
  EXPECT_EQ(run({"--check", "-q", all}), tools::kExitDone);
}

TEST(IndexCommand, RefusesWhatIsNoRecordingOrStillWritten) {
  const test::TempDir dir;
  EXPECT_EQ(run({"-q", dir.write("notes.txt", Bytes(100, 'x'))}), tools::kExitUsage);
  EXPECT_THROW(run({"-q", dir.path() / "none"}), UsageError);
  const std::string path = recording_in(dir, "a.pcapng");
  const UniqueFd lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  EXPECT_EQ(run({"-q", path}), tools::kExitDone);
  EXPECT_FALSE(std::filesystem::exists(index_path_of(path)));
}

}  // namespace
}  // namespace capstan
