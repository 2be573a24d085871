// The files of a series: names, ages, and what is said when there can be no next one.
#include "writers/file/file_series.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/directory_entries.h"
#include "tests/support/failing_calls.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace capstan::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

class Series : public ::testing::Test {
 protected:
  FileSeries series(const std::string& pattern, RetentionLimits retention,
                    std::function<void()> confine = {}, bool compressed = false) {
    OutputFileOptions options;
    options.path = directory_.path() / pattern;
    options.direct = false;
    options.preallocate_bytes = 0;
    options.sync = false;
    SeriesOptions series;
    series.retention = retention;
    series.confine = std::move(confine);
    if (compressed) series.on_deleted = [](const std::string&) {};
    return {std::move(options), std::move(series)};
  }

  static void wait_for(const std::function<bool()>& condition) {
    ASSERT_TRUE(test::wait_until(condition));
  }

  static OutputFile next(FileSeries& series) {
    wait_for([&] { return series.next_ready(); });
    std::optional<OutputFile> file;
    wait_for([&] { return (file = series.take_next()).has_value(); });
    return std::move(*file);
  }

  static FinishedFile finished(const OutputFile& file) {
    FinishedFile finished;
    finished.path = file.path();
    finished.size_bytes = 10;
    return finished;
  }

  void put(const std::string& name, hours age) {
    const fs::path path = directory_.path() / name;
    std::ofstream(path) << "x";
    fs::last_write_time(path, fs::file_time_type::clock::now() - age);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with('.')) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TempDir directory_;
};

// %% makes it a name of the time that never changes.
TEST_F(Series, ANameThatWasFreedIsNotUsedAgainWhileNewerOnesLieThere) {
  FileSeries files = series("x%%.pcap", {.files = 3});
  std::vector<std::string> given;
  OutputFile file = files.open_first();
  for (int turn = 0; turn < 8; ++turn) {
    given.push_back(fs::path(file.path()).filename());
    OutputFile following = next(files);
    FinishedFile ended = finished(file);
    files.close(std::move(file), std::move(ended));
    file = std::move(following);
    // Two finished files stay beside the one being written.
    wait_for([&] { return files.deleted_count() + 2 >= given.size(); });
  }
  for (std::size_t i = 1; i < given.size(); ++i) {
    EXPECT_EQ(given[i], "x%_0000" + std::to_string(i + 1) + ".pcap");
  }
  EXPECT_EQ(file.close(10), 0);
  EXPECT_EQ(files.finish(), 0);
  files.add_closed(finished(file));
  EXPECT_EQ(names(), (std::vector<std::string>{"x%_00007.pcap", "x%_00008.pcap", "x%_00009.pcap"}));
}

TEST_F(Series, AnEarlierRunsHighestNumberIsGoneOnFrom) {
  put("x%_00004.pcap", hours(2));
  put("x%_00007.pcap", hours(1));
  FileSeries files = series("x%%.pcap", {});
  const OutputFile file = files.open_first();
  EXPECT_EQ(fs::path(file.path()).filename(), "x%_00008.pcap");
}

// Earlier files that nobody saw would be numbered twice and never deleted.
TEST(UnreadableSeries, IsRefusedUnlessTheDirectoryIsMissing) {
  const auto refuse = [](int error) {
    refuse_unreadable_series("/captures/x.pcapng", std::error_code(error, std::generic_category()));
  };
  EXPECT_NO_THROW(refuse(0));
  EXPECT_NO_THROW(refuse(ENOENT));
  try {
    refuse(EIO);
    FAIL() << "not refused";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EIO);
    EXPECT_NE(std::string(error.what()).find("/captures"), std::string::npos) << error.what();
  }
}

// The directory of a process that has ended is there and cannot be read: ESRCH or ENOENT, once the
// list has begun.
TEST(DirectoryEntries, AnErrorWithinTheListIsReturned) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (;;) ::pause();
  }
  const std::string tasks = "/proc/" + std::to_string(child) + "/task";
  int seen = 0;
  EXPECT_FALSE(for_each_entry(tasks, [&seen](const auto&) { ++seen; }));
  EXPECT_EQ(seen, 1);
  const int directory = ::open(tasks.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ::kill(child, SIGKILL);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  const std::string open_still = "/proc/self/fd/" + std::to_string(directory);
  EXPECT_TRUE(for_each_entry(open_still, [](const auto&) { ADD_FAILURE() << "an entry"; }));
  ::close(directory);
  EXPECT_TRUE(for_each_entry("/nowhere", [](const auto&) { ADD_FAILURE() << "an entry"; }));
}

TEST_F(Series, EarlierRunsFilesAreAsOldAsTheClockSaysAtTheStart) {
  put("x_00001_20260101000000.pcap", hours(24 * 8));
  put("x_00002_20260101000000.pcap", hours(24 * 6));
  put("x_00003_20990101000000.pcap",
      -hours(24 * 365));  // the clock was elsewhere: it ages from now
  FileSeries files = series("x.pcap", {.age_ns = 7 * 86'400 * kNanosecondsPerSecond});
  const OutputFile file = files.open_first();
  wait_for([&] { return files.deleted_count() == 1; });
  next(files).discard();  // a turn of the thread's loop later
  EXPECT_EQ(names(), (std::vector<std::string>{"x_00002_20260101000000.pcap",
                                               "x_00003_20990101000000.pcap"}));
}

// What `-z gzip` leaves counts as the file it was: a ring is one also of compressed files.
TEST_F(Series, CompressedFilesAreOfTheSeriesWhereAProgramMakesThem) {
  const std::vector<std::string> lie_there = {
      "x_00001_20260101000000.pcap.gz",  "x_00002_20260101000000.pcap",
      "x_00002_20260101000000.pcap.zst", "x_00003_20260101000000.pcap.cidx",
      "x_00003_20260101000000.pcap.xz",  "x_00004_20260101000000.pcap.gz",
      "x_00005_20260101000000.pcap.tar", "x_5_20260101000000.pcap.gz",
      "y_00001_20260101000000.pcap.gz"};
  for (const bool compressed : {false, true}) {
    for (const std::string& name : names()) fs::remove(directory_.path() / name);
    for (const std::string& name : lie_there) put(name, hours(1));
    FileSeries files = series("x.pcap", {.files = 2}, {}, compressed);
    OutputFile file = files.open_first();
    const std::string first = fs::path(file.path()).filename();
    EXPECT_TRUE(first.starts_with(compressed ? "x_00005_" : "x_00003_")) << first;
    wait_for([&] { return files.deleted_count() == (compressed ? 3U : 0U); });
    OutputFile following = next(files);
    files.close(std::move(file), finished(file));
    wait_for([&] { return files.deleted_count() == (compressed ? 4U : 1U); });
    EXPECT_EQ(following.close(10), 0);
    EXPECT_EQ(files.finish(), 0);
    std::vector<std::string> left = names();
    std::erase_if(
        left, [](const std::string& name) { return name.find("_20260101") == std::string::npos; });
    std::vector<std::string> expected = lie_there;
    if (compressed) {
      expected.erase(expected.begin(), expected.begin() + 6);
    } else {
      expected.erase(expected.begin() + 1);
    }
    EXPECT_EQ(left, expected);
  }
}

// Ten times smaller: ten times as many fit.
TEST_F(Series, CompressedFilesCountAsLargeAsTheyAre) {
  FileSeries files = series("x.pcap", {.bytes = 25}, {}, true);
  OutputFile file = files.open_first();
  for (int turn = 0; turn < 4; ++turn) {
    OutputFile following = next(files);
    const std::string path = file.path();
    files.close(std::move(file), finished(file));
    wait_for([&] { return fs::exists(path); });
    put(fs::path(path).filename().string() + ".gz", hours(0));
    fs::remove(path);
    file = std::move(following);
  }
  std::uint64_t count = 0;
  wait_for([&] { return files.finished_files(count), count == 4; });
  EXPECT_EQ(files.deleted_count(), 0U);
  EXPECT_EQ(file.close(10), 0);
  EXPECT_EQ(files.finish(), 0);
}

TEST_F(Series, WhyThereIsNoNextFileIsKnownUntilThereIsOne) {
  fs::create_directory(directory_.path() / "d");
  FileSeries files = series("d/x.pcap", {});
  OutputFile first = files.open_first();
  wait_for([&] { return files.next_ready(); });
  EXPECT_EQ(files.turn_error(), 0);
  const std::time_t moment = std::time(nullptr);  // of the waiting file's name
  wait_for([&] { return std::time(nullptr) > moment + 1; });
  fs::rename(directory_.path() / "d", directory_.path() / "away");
  EXPECT_FALSE(files.take_next());
  EXPECT_EQ(files.turn_error(), ENOENT);
  fs::rename(directory_.path() / "away", directory_.path() / "d");
  const OutputFile second = next(files);
  EXPECT_EQ(files.turn_error(), 0);
}

// A disk that hangs as one over a network does: whatever asks it for a name's status waits.
class HangingDisk {
 public:
  // For the thread that asks; it needs no privileges.
  std::function<void()> confine() {
    return [child = calls_.in_child()]() mutable {
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      child();
    };
  }
  void hang() { hangs_ = true; }
  void go_on() {
    hangs_ = false;
    hangs_.notify_all();
  }
  bool waited_for() const { return waited_for_; }
  ~HangingDisk() { go_on(); }

 private:
  std::atomic<bool> hangs_{false};
  std::atomic<bool> waited_for_{false};
  FailingCalls calls_{{.calls = {SYS_newfstatat, SYS_lstat, SYS_stat}, .before_answer = [this] {
                         waited_for_ = hangs_.load();
                         hangs_.wait(true);
                       }}};
};

TEST_F(Series, ADiskThatHangsHoldsNobodyUp) {
  struct Case {
    const char* pattern;
    RetentionLimits retention;
  };
  // Which names are free is asked where they are made of the time, indexes where bytes are limited.
  const Case cases[] = {{"x_%H%M%S.pcap", {}}, {"x.pcap", {.bytes = 1'000'000}}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.pattern);
    HangingDisk disk;
    FileSeries files = series(one.pattern, one.retention, disk.confine());
    OutputFile first = files.open_first();
    OutputFile second = next(files);
    FinishedFile ended = finished(first);
    files.close(std::move(first), std::move(ended));
    wait_for([&] { return files.next_ready(); });
    std::uint64_t count = 0;
    wait_for([&] {
      static_cast<void>(files.finished_files(count));
      return count == 1;
    });
    disk.hang();
    OutputFile third = next(files);
    wait_for([&] { return disk.waited_for(); });
    ended = finished(second);
    auto turn = std::async(std::launch::async, [&] {
      files.close(std::move(second), std::move(ended));
      return files.next_ready() || files.finished_files(count).size() != 1;
    });
    const bool held_up = turn.wait_for(std::chrono::seconds(20)) != std::future_status::ready;
    disk.go_on();
    EXPECT_FALSE(held_up);
    EXPECT_FALSE(turn.get());
    third.discard();
    EXPECT_EQ(files.finish(), 0);
  }
}

}  // namespace
}  // namespace capstan::test
