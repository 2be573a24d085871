// `capstan info` and `capstan repair` as a user runs them: exit statuses, what goes to stdout and
// what to stderr.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/run_command.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

using test::three_packets;
using Bytes = std::vector<std::uint8_t>;

test::Ran run(const std::string& arguments, const std::string& before = "") {
  return test::run_command(before + " '" CAPSTAN_COMMAND "' " + arguments);
}

TEST(InfoCommand, StatusSaysCleanDamagedOrNoCapture) {
  const test::TempDir dir;
  const std::string whole = dir.write("whole.pcapng", three_packets());
  Bytes cut = three_packets();
  cut.resize(cut.size() - 9);
  const std::string broken = dir.write("cut.pcapng", cut);
  const test::Ran clean = run("info " + whole);
  EXPECT_EQ(clean.status, 0) << clean.err;
  EXPECT_NE(clean.out.find("Packets:      3\n"), std::string::npos) << clean.out;
  EXPECT_EQ(clean.err, "");
  const test::Ran damaged = run("info " + broken + " " + whole);
  EXPECT_EQ(damaged.status, 1);
  EXPECT_NE(damaged.out.find("cut short at byte"), std::string::npos) << damaged.out;
  const test::Ran missing = run("info " + whole + " /nowhere/x " + whole);
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("/nowhere/x: No such file"), std::string::npos) << missing.err;
  EXPECT_NE(missing.out.find("Packets:      3\n"), std::string::npos) << "the others are read";
  EXPECT_EQ(run("info " + dir.path().string()).status, 1) << "one of its files is cut";
  EXPECT_EQ(run("info").status, 2);
  EXPECT_EQ(run("info --help").status, 0);
}

TEST(InfoCommand, ReadsAPipeAndPrintsJson) {
  const test::TempDir dir;
  const std::string whole = dir.write("whole.pcapng", three_packets());
  const test::Ran piped = run("info --json -", "cat '" + whole + "' |");
  ASSERT_EQ(piped.status, 0) << piped.err;
  const nlohmann::json json = nlohmann::json::parse(piped.out);
  EXPECT_EQ(json["packets"], 3);
  EXPECT_EQ(json["file"], "standard input");
  EXPECT_TRUE(json["size_bytes"].is_null());
  EXPECT_EQ(json["duration_s"], 2.0);
}

TEST(InfoCommand, AFileBeingWrittenIsNoDamage) {
  const test::TempDir dir;
  Bytes growing = three_packets();
  growing.resize(growing.size() + 8192);
  const std::string part = dir.write(".x.pcapng.part", growing);
  const UniqueFd recorder(::open(part.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(recorder.get(), LOCK_EX), 0);
  const test::Ran result = run("info " + part);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("being written"), std::string::npos) << result.out;
  const test::Ran repair = run("repair " + part);
  EXPECT_EQ(repair.status, 1);
  EXPECT_NE(repair.err.find("still writing"), std::string::npos) << repair.err;
}

TEST(RepairCommand, StatusAndWordsForEachOutcome) {
  const test::TempDir dir;
  Bytes cut = three_packets();
  cut.resize(cut.size() - 9);
  const std::string broken = dir.write("cut.pcapng", cut);
  const test::Ran dry = run("repair -n " + broken);
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_NE(dry.out.find("would be repaired: kept 2 packets"), std::string::npos) << dry.out;
  EXPECT_EQ(std::filesystem::file_size(broken), cut.size());
  const test::Ran done = run("repair " + broken);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_NE(done.out.find("kept 2 packets"), std::string::npos) << done.out;
  EXPECT_NE(run("repair " + broken).out.find("nothing to repair"), std::string::npos);
  EXPECT_EQ(run("info " + broken).status, 0);
  const test::Ran empty = run("repair " + dir.write(".e.pcapng.part", Bytes(4096)));
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.err.find("holds no record"), std::string::npos) << empty.err;
  EXPECT_EQ(run("repair " + dir.write("text", Bytes(99, 'x'))).status, 2);
  EXPECT_EQ(run("repair").status, 2);
}

// What a report of a fault needs to say, on lines of their own behind the version.
TEST(EveryCommand, TheVersionNamesTheLibrariesInUse) {
  const test::Ran version = run("--version");
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.err, "");
  std::istringstream lines(version.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "capstan " CAPSTAN_VERSION);
  for (const char* name : {"libpcap", "liburing", "zlib", "zstd", "OpenSSL", "GnuTLS",
                           "libmicrohttpd", "libcurl", "librdkafka", "nghttp2"}) {
    EXPECT_TRUE(std::getline(lines, line)) << name;
    const std::string begin = std::string("with ") + name + " ";
    ASSERT_EQ(line.substr(0, begin.size()), begin);
    EXPECT_NE(std::string("0123456789").find(line[begin.size()]), std::string::npos) << line;
    EXPECT_EQ(line.find(' ', begin.size()), std::string::npos)
        << "a number, nothing else: " << line;
  }
  EXPECT_TRUE(std::getline(lines, line));
  EXPECT_NE(line.find("AF_XDP"), std::string::npos) << line;
  EXPECT_FALSE(std::getline(lines, line)) << line;
  EXPECT_EQ(run("version").out, version.out);
  EXPECT_EQ(run("record --version").out, "capstan " CAPSTAN_VERSION "\n");
}

// The lines of a command's help that begin an option with a text: its first name.
std::vector<std::string> options_of_text(const std::string& command) {
  std::vector<std::string> names;
  std::istringstream lines(run(command + " --help").out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  -")) continue;
    const std::size_t end = line.find(' ', 2);
    if (end == std::string::npos || !std::string_view(line).substr(end + 1).starts_with("TEXT")) {
      continue;
    }
    names.push_back(line.substr(2, line.find_first_of(", ", 2) - 2));
  }
  return names;
}

// --user "$USER_OF_FLEET" with a variable that was not set is a mistake, and not the default.
TEST(EveryCommand, AnEmptyTextIsNoValueOfAnOption) {
  // What may be empty: a filter, a comment, and a value that need not be given.
  const std::set<std::string> may = {"record -f",     "record --capture-comment",
                                     "merge -f",      "show --color",
                                     "query --color", "audit --json"};
  std::istringstream lines(run("--help").out);
  std::size_t tried = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ")) continue;
    const std::string command = line.substr(2, line.find(' ', 2) - 2);
    if (command == "extcap") continue;  // Wireshark gives the fields of its dialog as they are
    for (const std::string& option : options_of_text(command)) {
      if (may.contains(command + " " + option)) continue;
      const test::Ran result = run(command + " " + option + " ''");
      EXPECT_EQ(result.status, 2) << command << ' ' << option;
      EXPECT_NE(result.err.find(": it is empty: leave it out, or give it a value"),
                std::string::npos)
          << command << ' ' << option << ": " << result.err;
      ++tried;
    }
  }
  EXPECT_GT(tried, 80U);
}

// A report that is not all there is a failure, whatever it says.
TEST(EveryCommand, AFullStandardOutputIsAFailureWithTheReason) {
  const test::TempDir dir;
  const std::string file = dir.write("three.pcapng", three_packets());
  Bytes cut = three_packets();
  cut.resize(cut.size() - 9);
  const std::string broken = dir.write("cut.pcapng", cut);
  for (const std::string& arguments :
       {std::string("--help"), std::string("--version"), std::string("record --help"),
        std::string("show --help"), std::string("audit --help"), std::string("info --help"),
        std::string("record -D"), std::string("show -D"), std::string("show -d udp"),
        std::string("doctor"), "info " + file, "info --json " + file, "show -r " + file,
        "show --count -r " + file, "show --json -r " + file, "repair -n " + broken,
        "audit -r " + file, "verify " + file}) {
    const test::Ran full = run(arguments + " >/dev/full");
    EXPECT_EQ(full.status, 1) << arguments << full.err;
    EXPECT_NE(full.err.find("No space left on device"), std::string::npos) << arguments << full.err;
  }
}

// Nothing is said to one who has read what he wanted.
TEST(EveryCommand, AReaderThatGoesIsNoReasonToComplain) {
  const test::TempDir dir;
  const std::string file = dir.write("three.pcapng", three_packets());
  for (const std::string& arguments :
       {std::string("--help"), std::string("record -D"), "info " + file, "show -r " + file,
        "show --count -r " + file, "audit -r " + file}) {
    const test::Ran left = run(arguments + " | true");
    EXPECT_EQ(left.err.find("apstan: "), std::string::npos) << arguments << left.err;
  }
}

}  // namespace
}  // namespace capstan
