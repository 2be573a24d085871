// Commands that read a directory name the files in it that they could not read, and their exit
// status says that the answer is not whole.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/pcapng_builder.h"
#include "tests/support/run_command.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

using test::three_packets;
using Bytes = std::vector<std::uint8_t>;

// As one who may not read everything: root without the capabilities that override a file's mode.
std::string unprivileged() {
  return ::geteuid() == 0 ? "setpriv --bounding-set=-dac_override,-dac_read_search " : "";
}

test::Ran run(const std::string& arguments) {
  return test::run_command(unprivileged() + "'" CAPSTAN_COMMAND "' " + arguments);
}

// A readable recording, and beside it what the test is about.
struct Folder {
  test::TempDir dir;
  std::string path = dir.path().string();
  Folder() {
    dir.write("good.pcapng", three_packets());
    dir.write("notes.txt", Bytes{'n', 'o', 't', 'e', '\n'});
  }
  void forbid(const std::string& name) const {
    ASSERT_EQ(::chmod((dir.path() / name).c_str(), 0), 0);
  }
};

void expect_named(const std::string& arguments, int status, const std::string& name,
                  const std::string& why) {
  const test::Ran outcome = run(arguments);
  EXPECT_EQ(outcome.status, status) << arguments << "\n" << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.tells(name)) << arguments << "\n" << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.tells(why)) << arguments << "\n" << outcome.out << outcome.err;
  EXPECT_FALSE(outcome.tells("notes.txt")) << arguments << "\n" << outcome.out << outcome.err;
}

void expect_every_command_names(const Folder& folder, const std::string& name,
                                const std::string& why) {
  expect_named("info " + folder.path, 1, name, why);
  expect_named("info --fail-on-loss " + folder.path, 1, name, why);
  expect_named("info -T " + folder.path, 1, name, why);
  expect_named("flows -r " + folder.path, 1, name, why);
  expect_named("query --count -r " + folder.path, 0, name, why);
  expect_named("query --count --fail-on-loss -r " + folder.path, 3, name, why);
  expect_named("query --list -r " + folder.path, 0, name, why);
  expect_named("query --list --fail-on-loss -r " + folder.path, 3, name, why);
  expect_named("show -r " + folder.path, 1, name, why);
  expect_named("merge -w /dev/null -F pcapng " + folder.path, 1, name, why);
  expect_named("audit -r " + folder.path, 5, name, why);
}

TEST(UnreadFiles, AFileThatMayNotBeReadIsNamed) {
  const Folder folder;
  folder.dir.write("secret.pcapng", three_packets());
  folder.forbid("secret.pcapng");
  expect_every_command_names(folder, "secret.pcapng", "Permission denied");
  expect_named("index --check " + folder.path, 1, "secret.pcapng", "Permission denied");
  expect_named("index " + folder.path, 1, "secret.pcapng", "Permission denied");
  const test::Ran list = run("query --list -r " + folder.path);
  EXPECT_FALSE(list.tells("secret.pcapng: all of it")) << list.out;
  const test::Ran info = run("info " + folder.path);
  EXPECT_TRUE(info.tells("not known")) << "the files together are not lossless\n" << info.out;
}

TEST(UnreadFiles, ADirectoryThatMayNotBeListedIsNamed) {
  const Folder folder;
  ASSERT_TRUE(std::filesystem::create_directory(folder.dir.path() / "closed"));
  folder.forbid("closed");
  expect_every_command_names(folder, "closed", "Permission denied");
  ASSERT_EQ(::chmod((folder.dir.path() / "closed").c_str(), 0700), 0);
}

TEST(UnreadFiles, AnEmptyFileWithARecordingsNameIsNamed) {
  for (const char* name : {"empty.pcapng", "empty.pcap", "empty.pcap12", "empty.pcapng.zst"}) {
    const Folder folder;
    folder.dir.write(name, {});
    folder.dir.write("lock", {});
    folder.dir.write(".next.pcapng.part", {});
    expect_every_command_names(folder, name, "empty");
    expect_named("index --check " + folder.path, 1, name, "empty");
    EXPECT_FALSE(run("info " + folder.path).tells("lock"));
  }
}

TEST(UnreadFiles, ARecordingCutShortInsideItsHeadIsNamed) {
  const Folder folder;
  folder.dir.write("stub.pcap", Bytes{0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0});
  expect_every_command_names(folder, "stub.pcap", "cut short");
}

TEST(UnreadFiles, WhatIsNoRecordingIsPassedOver) {
  const Folder folder;
  for (const char* command :
       {"info ", "flows -r ", "query --count -r ", "query --list -r ", "show -r ", "index "}) {
    const test::Ran outcome = run(command + folder.path);
    EXPECT_EQ(outcome.status, 0) << command << outcome.err;
    EXPECT_FALSE(outcome.tells("notes.txt")) << command << outcome.out << outcome.err;
  }
}

}  // namespace
}  // namespace capstan
