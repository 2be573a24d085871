// No output of a command may be a recording that the command reads, under whatever name: an option
// with a typing mistake must not cost a recording.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/pcapng_builder.h"
#include "tests/support/run_command.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

namespace fs = std::filesystem;

class OverwrittenInputs : public ::testing::Test {
 protected:
  void SetUp() override {
    test::PcapngBuilder file;
    file.section();
    file.nanosecond_interface();
    for (std::uint64_t i = 1; i <= 3; ++i) {
      file.packet(0, i * 1'000'000'000, test::pattern_bytes(60, 1), 60);
    }
    dir_.write("a.pcapng", file.bytes);
    bytes_ = test::read_text(at("a.pcapng"));
    fs::create_hard_link(at("a.pcapng"), at("hard.pcapng"));
    fs::create_symlink("a.pcapng", at("soft"));
  }

  std::string at(const std::string& name) const { return dir_.path() / name; }

  // `arguments` with NAME for each name of the recording, which must stay what it is.
  void expect_refused(const std::string& arguments) {
    for (const std::string& name : {at("a.pcapng"), at("hard.pcapng"), at("soft")}) {
      std::string command = arguments;
      for (std::size_t place = 0; (place = command.find("NAME")) != std::string::npos;) {
        command.replace(place, 4, name);
      }
      const test::Ran ran = test::run_command("timeout 20 '" CAPSTAN_COMMAND "' " + command);
      EXPECT_EQ(ran.status, 2) << command << "\n" << ran.all();
      EXPECT_TRUE(ran.tells("one of the files to be read")) << command << "\n" << ran.all();
      ASSERT_EQ(test::read_text(at("a.pcapng")), bytes_) << command << ": the recording is gone";
    }
  }

  test::TempDir dir_;
  std::string bytes_;
};

TEST_F(OverwrittenInputs, EveryOutputOfEveryCommandThatReads) {
  const std::string file = " " + at("a.pcapng") + " ";
  const std::string folder = " " + dir_.path().string() + " ";
  for (const std::string& input : {file, folder}) {
    expect_refused("query --count -r" + input + "--stats-json NAME");
    expect_refused("query --list -r" + input + "--stats-json NAME");
    expect_refused("query -r" + input + "-w NAME");
    expect_refused("merge -w NAME" + input);
    expect_refused("show -r" + input + "-w NAME");
    expect_refused("audit -r" + input + "--html NAME");
    expect_refused("audit -r" + input + "--json=NAME");
  }
}

TEST_F(OverwrittenInputs, WhatStandsBesideADirectoryOfRecordings) {
  const std::string folder = " " + dir_.path().string() + " ";
  expect_refused("ship --once" + folder + "--to file:NAME");
  expect_refused("ship --once" + folder + "--to file:/dev/null --stats-json NAME");
  expect_refused("ship --once" + folder + "--to file:/dev/null --state NAME");
  expect_refused("serve" + folder + "--listen 127.0.0.1:0 --access-log NAME");
}

TEST_F(OverwrittenInputs, AnOlderReportInTheDirectoryIsReplaced) {
  const std::string folder = " " + dir_.path().string() + " ";
  for (const std::string& command : {"query --count -r" + folder + "--stats-json " + at("report"),
                                     "audit -r" + folder + "--html " + at("report"),
                                     "ship --once" + folder + "--to file:" + at("rows"),
                                     "query --count -r" + folder + "--stats-json " + at("empty")}) {
    for (int time = 0; time < 2; ++time) {
      const test::Ran ran = test::run_command("timeout 20 '" CAPSTAN_COMMAND "' " + command);
      EXPECT_NE(ran.status, 2) << command << "\n" << ran.all();
    }
  }
}

TEST_F(OverwrittenInputs, ThePiecesOfAMerge) {
  fs::copy_file(at("a.pcapng"), at("x_00002.pcapng"));
  const test::Ran ran = test::run_command("'" CAPSTAN_COMMAND "' merge --split packets:1 -w " +
                                          at("x.pcapng") + " " + at("x_00002.pcapng"));
  EXPECT_EQ(ran.status, 2) << ran.all();
  EXPECT_EQ(test::read_text(at("x_00002.pcapng")), bytes_) << ran.all();
}

TEST_F(OverwrittenInputs, TheFileOfAFleet) {
  const std::string text = "[[sensor]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"\n";
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const std::string fleet = dir_.write("fleet.toml", bytes);
  for (const char* option : {" -w ", " --count --stats-json "}) {
    const test::Ran ran =
        test::run_command("'" CAPSTAN_COMMAND "' query --fleet " + fleet + option + fleet);
    EXPECT_EQ(ran.status, 2) << ran.all();
    EXPECT_EQ(test::read_text(fleet), text) << option;
  }
}

}  // namespace
}  // namespace capstan
