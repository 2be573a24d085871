// Lines and tables that fit, and text drawn again, on pseudo terminals of several widths.
#include "tools/common/terminal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "engine/core/unique_fd.h"
#include "tests/support/screen.h"

namespace capstan::tools {
namespace {

using test::Screen;

const std::vector<LinePart>& progress() {
  static const std::vector<LinePart> parts = {
      {"00:00:05", "", 9},         {"1,234,567 packets", "1.2 M pkts", 8},
      {"1.20 Mpackets/s", "", 4},  {"8.01 Gb/s", "", 6},
      {"dropped 0", "lost 0", 10}, {"ring 12 %", "", 5},
      {"disk 1.2 GB/s", "", 2},    {"file 12.3 GiB", "", 3},
  };
  return parts;
}

TEST(FitLine, AllOfItWhereThereIsRoomOrNoTerminal) {
  const std::string whole =
      "00:00:05  1,234,567 packets  1.20 Mpackets/s  8.01 Gb/s  dropped 0  ring 12 %  disk 1.2 "
      "GB/s  file 12.3 GiB";
  EXPECT_EQ(fit_line(progress(), 0), whole);
  EXPECT_EQ(fit_line(progress(), 300), whole);
  EXPECT_EQ(fit_line(progress(), static_cast<int>(whole.size())), whole);
}

TEST(FitLine, NeverWiderThanTheTerminalAndTheLossStaysLongest) {
  for (int columns = 1; columns <= 120; ++columns) {
    const std::string line = fit_line(progress(), columns);
    EXPECT_LE(text_columns(line), static_cast<std::size_t>(columns)) << line;
    EXPECT_NE(line, "");
    if (columns >= 9) {
      EXPECT_TRUE(line.find("dropped 0") != std::string::npos ||
                  line.find("lost 0") != std::string::npos)
          << columns << ": " << line;
    }
  }
  EXPECT_EQ(fit_line(progress(), 40), "00:00:05  1.2 M pkts  8.01 Gb/s  lost 0");
}

TEST(FitTable, LeavesOutTheLeastImportantAndCutsWhatMayBeCut) {
  const std::vector<TableColumn> columns = {{"server", false, 10, 12},
                                            {"verdict", false, 9, 0},
                                            {"sessions", true, 5, 0},
                                            {"oldest", false, 1, 0}};
  const std::vector<std::vector<std::string>> rows = {
      {"2001:db8:1:2:3:4:5:6.110", "cleartext-credentials", "12", "TLS1.2"},
      {"192.0.2.10:995", "implicit-tls", "3", "TLS1.0"}};
  EXPECT_EQ(fit_table(columns, rows, 0),
            "server                    verdict                sessions  oldest\n"
            "2001:db8:1:2:3:4:5:6.110  cleartext-credentials        12  TLS1.2\n"
            "192.0.2.10:995            implicit-tls                  3  TLS1.0\n");
  EXPECT_EQ(fit_table(columns, rows, 40),
            "server             verdict\n"
            "2001:db8:1:2:3:4~  cleartext-credentials\n"
            "192.0.2.10:995     implicit-tls\n");
  for (int width = 1; width < 90; ++width) {
    std::istringstream lines(fit_table(columns, rows, width));
    std::string line;
    int count = 0;
    while (std::getline(lines, line)) {
      ++count;
      EXPECT_LE(static_cast<int>(line.size()), width);
    }
    EXPECT_EQ(count, 3);
  }
}

TEST(Terminal, WidthOfAPseudoTerminalAndOfAPipe) {
  Screen screen(57);
  EXPECT_EQ(Terminal(screen.fd()).columns(), 57);
  EXPECT_EQ(Terminal(screen.fd()).rows(), 24);
  screen.resize(203);
  EXPECT_EQ(Terminal(screen.fd()).columns(), 203);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd in(ends[0]), out(ends[1]);
  EXPECT_EQ(Terminal(out.get()).columns(), 0);
  EXPECT_FALSE(Terminal(out.get()).can_redraw());
}

TEST(Terminal, WhatItMayDo) {
  Screen screen(80);
  const Terminal terminal(screen.fd());
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(terminal.can_redraw());
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  EXPECT_TRUE(terminal.can_redraw());
  EXPECT_TRUE(terminal.may_color());
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_TRUE(terminal.can_redraw());
  EXPECT_FALSE(terminal.may_color());
  ::unsetenv("NO_COLOR");
}

TEST(LiveArea, ALineIsDrawnInItsPlace) {
  Screen screen(40);
  LiveArea area(screen.fd());
  for (int round = 0; round < 50; ++round) area.draw("round " + std::to_string(round));
  EXPECT_EQ(screen.lines(), std::vector<std::string>{"round 49"});
  area.clear();
  EXPECT_EQ(screen.lines(), std::vector<std::string>{});
}

TEST(LiveArea, ATableLeavesNothingBehindEvenWhenItIsResized) {
  Screen screen(60);
  LiveArea area(screen.fd());
  for (const int columns : {60, 120, 40, 31, 200, 50}) {
    screen.resize(columns);
    for (int round = 0; round < 3; ++round) {
      const std::string row(static_cast<std::size_t>(columns), 'x');
      area.draw("server  verdict\n" + row + "\nlast\n");
      EXPECT_EQ(screen.lines(), (std::vector<std::string>{"server  verdict", row, "last"}));
    }
  }
  area.keep();
  area.draw("below");
  EXPECT_EQ(screen.lines().back(), "below");
  EXPECT_EQ(screen.lines().front(), "server  verdict");
}

// At a screen's first column ESC[J is taken for the whole screen being cleared: tmux then keeps
// what stood there in its history.
TEST(LiveArea, IsNeverErasedAsAWholeScreen) {
  test::Screen screen(40);
  LiveArea area(screen.fd());
  for (int round = 0; round < 3; ++round) area.draw("a\nb\nc");
  EXPECT_EQ(screen.lines(), (std::vector<std::string>{"a", "b", "c"}));
  area.clear();
  const std::string sent = screen.sent() + wipe_line(100, 40);
  std::size_t erased = 0;
  for (std::size_t at = 0; (at = sent.find("\033[J", at)) != std::string::npos; ++at, ++erased) {
    EXPECT_EQ(sent.substr(at - 6, 6), "\033[K\033[C") << at;
  }
  EXPECT_EQ(erased, 4U);
}

}  // namespace
}  // namespace capstan::tools
