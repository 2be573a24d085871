// What goes to a terminal: names of files, which may hold anything, must not steer it or look like
// a line of the report, and colours go only where they are understood.
#include <gtest/gtest.h>

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

// ESC, BEL, a byte that is no UTF-8, a C1 control character, and a line of its own.
constexpr const char* kName = "a\033[31mb\007c\377d\302\233e\nFORGED.pcapng";

class HostileNames : public ::testing::Test {
 protected:
  void expect_harmless(const std::string& arguments) {
    const test::Ran ran = test::run_command("timeout 20 '" CAPSTAN_COMMAND "' " + arguments);
    const std::string all = ran.all();
    for (const char* bad : {"\033", "\007", "\377", "\302\233", "\nFORGED"}) {
      EXPECT_EQ(all.find(bad), std::string::npos) << arguments << "\n" << all;
    }
    EXPECT_FALSE(all.starts_with("FORGED")) << all;
    EXPECT_NE(ran.status, -1) << arguments;
  }

  void expect_all_harmless(const Bytes& bytes) {
    const test::TempDir dir;
    const std::string file = "'" + dir.write(kName, bytes) + "'";
    dir.write("other.pcapng", three_packets());
    const std::string folder = dir.path().string();
    for (const std::string& input : {file, folder}) {
      for (const char* command :
           {"info ", "flows -r ", "index --check ", "index --quiet ", "index --force ",
            "index --check ", "index ", "merge -F pcapng -w /dev/null ", "query --list -r ",
            "query --count -r ", "show -n -r ", "audit -r "}) {
        expect_harmless(command + input);
      }
    }
    expect_harmless("repair -n " + file);
    expect_harmless("repair " + file);
    expect_harmless("repair " + file);
  }
};

TEST_F(HostileNames, OfARecording) { expect_all_harmless(three_packets()); }

TEST_F(HostileNames, OfOneThatIsCutShort) {
  Bytes cut = three_packets();
  cut.resize(cut.size() - 9);
  expect_all_harmless(cut);
}

TEST_F(HostileNames, OfOneThatIsEmpty) { expect_all_harmless({}); }

TEST_F(HostileNames, OfWhatIsNoRecording) {
  expect_all_harmless(Bytes{'n', 'o', 't', 'e', '\n', '\n', '\n', '\n'});
}

TEST_F(HostileNames, OfWhatIsNotThere) {
  const test::TempDir dir;
  const std::string file = "'" + dir.path().string() + "/" + kName + "'";
  for (const char* command : {"info ", "flows -r ", "index ", "repair ", "query -r ", "show -r ",
                              "audit -r ", "merge -w /dev/null "}) {
    expect_harmless(command + file);
  }
}

TEST(Colours, GoOnlyToATerminalThatHasThem) {
  const test::TempDir dir;
  const std::string file = dir.write("a.pcapng", three_packets());
  const auto shown = [&](const std::string& environment) {
    const test::Ran ran = test::run_command("env " + environment +
                                            " script -qec \"'" CAPSTAN_COMMAND "' show -n -c1 -r " +
                                            file + "\" /dev/null </dev/null");
    EXPECT_EQ(ran.status, 0) << ran.all();
    EXPECT_TRUE(ran.tells("length")) << ran.all();
    return ran.tells("\033[");
  };
  EXPECT_TRUE(shown("-u NO_COLOR TERM=xterm"));
  EXPECT_FALSE(shown("-u NO_COLOR TERM=dumb"));
  EXPECT_FALSE(shown("-u NO_COLOR -u TERM"));
  EXPECT_FALSE(shown("NO_COLOR=1 TERM=xterm"));
}

}  // namespace
}  // namespace capstan
