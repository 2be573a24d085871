// Programs for finished files: what they make of files that were deleted, or whose names others
// have by the time they end.
#include "tools/record/file_hook.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "engine/index/index_reader.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace capstan::tools {
namespace {

namespace fs = std::filesystem;

class Hook : public ::testing::Test {
 protected:
  // A program runs as long as the file of its content is there, and says before that it has begun.
  // Then it does `at_end`.
  void begin(const std::string& at_end) {
    hook_.emplace(
        "read -r hold < {}; touch \"$hold.begun\"; while [ -e \"$hold\" ]; do sleep 0.01; done; " +
        at_end + "; : {}");
  }

  std::string hold(const std::string& name) const { return directory_.path() / name; }
  std::string recording() const { return directory_.path() / "cap-15.pcap"; }
  std::string gzipped() const { return recording() + ".gz"; }

  // As the recorder does: a recording that has its name, and its index.
  void record(const std::string& held_by) const {
    std::ofstream(hold(held_by)) << "x";
    std::ofstream(recording()) << hold(held_by) << "\n";
    std::ofstream(index_path_of(recording())) << "x";
  }
  void await_program(const std::string& held_by) const {
    wait_for([&] { return fs::exists(hold(held_by) + ".begun"); });
  }
  // As retention does, behind whose back an index came. Returns when the helper knows of it.
  void remove() {
    fs::remove(recording());
    hook_->forget(recording());
    wait_for([&] { return !fs::exists(index_path_of(recording())); });
  }
  void let_end(const std::string& held_by) const { fs::remove(hold(held_by)); }
  void end_all() {
    wait_for([&] { return hook_->finished(); });
  }

  static void wait_for(const std::function<bool()>& condition) {
    ASSERT_TRUE(test::wait_until(condition));
  }

  const test::TempDir directory_;
  std::optional<FileHook> hook_;
};

TEST_F(Hook, WhatAProgramMakesOfADeletedFileGoes) {
  begin("echo x > {}.gz");
  record("a");
  hook_->run_for(recording());
  await_program("a");
  remove();
  std::ofstream(index_path_of(recording())) << "x";  // made meanwhile
  let_end("a");
  end_all();
  EXPECT_FALSE(fs::exists(gzipped()));
  EXPECT_FALSE(fs::exists(index_path_of(recording())));
}

TEST_F(Hook, AnIndexGoesWithAFileThatItsProgramReplaces) {
  for (const char* what : {"mv {} {}.gz", "mv {} {}.gz; exit 3", "cp {} {}.gz"}) {
    SCOPED_TRACE(what);
    begin(std::string("set -e; ") + what);
    record("a");
    hook_->run_for(recording());
    await_program("a");
    let_end("a");
    end_all();
    EXPECT_TRUE(fs::exists(gzipped()));
    EXPECT_EQ(fs::exists(index_path_of(recording())), fs::exists(recording()));
    fs::remove(hold("a.begun"));
  }
}

// Names made of the time come again: a program that hangs ends beside another recording.
TEST_F(Hook, ANewRecordingOfADeletedOnesNameStays) {
  for (const bool announced : {false, true}) {
    SCOPED_TRACE(announced);
    begin("true");
    record("a");
    hook_->run_for(recording());
    await_program("a");
    remove();
    record("b");
    if (announced) {
      hook_->run_for(recording());
      await_program("b");
    }
    let_end("a");
    let_end("b");
    end_all();
    EXPECT_TRUE(fs::exists(recording()));
    EXPECT_TRUE(fs::exists(index_path_of(recording())));
    fs::remove(hold("a.begun"));
  }
}

TEST_F(Hook, ANewRecordingThatWasCompressedMeanwhileStays) {
  begin("[ \"$hold\" != '" + hold("b") + "' ] || mv {} {}.gz");
  record("a");
  hook_->run_for(recording());
  await_program("a");
  remove();
  record("b");
  hook_->run_for(recording());
  await_program("b");
  let_end("b");
  wait_for([&] { return fs::exists(gzipped()); });
  let_end("a");
  end_all();
  EXPECT_TRUE(fs::exists(gzipped()));
}

// The helper hears of a deletion when the name is another recording's already.
TEST_F(Hook, ADeletionThatIsHeardLateTakesNothingElse) {
  begin("true");
  record("b");
  hook_->forget(recording());
  let_end("b");
  end_all();
  EXPECT_TRUE(fs::exists(recording()));
  EXPECT_TRUE(fs::exists(index_path_of(recording())));
}

}  // namespace
}  // namespace capstan::tools
