// Indexes beside a recording: what an earlier run left without one is looked for while packets
// come.
#include "tools/record/index_beside.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "engine/core/clock.h"
#include "tests/support/failing_calls.h"
#include "tests/support/temp_dir.h"
#include "tools/record/record_stats.h"
#include "writers/file/rotation.h"

namespace capstan::tools {
namespace {

constexpr std::uint32_t kFiles = 1500;  // names that no single call returns

class EarlierFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const SeriesNames names(pattern_);
    for (std::uint32_t i = 1; i <= kFiles; ++i) {
      const std::string path = names.path_of(i, wall_clock_ns());
      directory_.write(std::filesystem::path(path).filename().string(), {});
    }
  }

  // What is said when the nth look into a directory fails, and the files that were handed over.
  std::string said(std::uint64_t nth, std::uint64_t& files) {
    IndexBesideOptions options;
    options.patterns = {pattern_};
    options.busy = [] { return true; };
    IndexBeside beside(std::move(options));
    test::FailingCalls faults({.calls = {SYS_getdents64}, .nth = nth, .error = EIO});
    ::testing::internal::CaptureStderr();
    std::thread([&beside, child = faults.in_child()]() mutable {
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      child();
      EXPECT_NO_THROW(beside.started());
    }).join();
    EXPECT_EQ(faults.hit(), nth != 0);
    beside.leave();
    beside.start({});
    while (!beside.finished()) std::this_thread::yield();
    RecordStats stats;
    beside.add_to(stats);
    files = stats.index->left;
    return ::testing::internal::GetCapturedStderr();
  }

  const test::TempDir directory_;
  const std::string pattern_ = directory_.path() / "x.pcapng";
};

TEST_F(EarlierFiles, ADirectoryThatCannotBeReadEndsNoRecording) {
  std::uint64_t files = 0;
  EXPECT_EQ(said(0, files), "");
  EXPECT_EQ(files, kFiles);
  for (const std::uint64_t nth : {1U, 2U}) {
    const std::string text = said(nth, files);
    EXPECT_NE(text.find(directory_.path()), std::string::npos) << text;
    EXPECT_NE(text.find(::strerror(EIO)), std::string::npos) << text;
    EXPECT_EQ(files > 0, nth > 1) << "what was found before gets its index";
    EXPECT_LT(files, kFiles);
  }
}

}  // namespace
}  // namespace capstan::tools
