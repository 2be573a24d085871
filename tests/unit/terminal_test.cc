// Lines and tables that fit, and text drawn again, on pseudo terminals of several widths.
#include "tools/common/terminal.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "engine/core/unique_fd.h"

namespace capstan::tools {
namespace {

// A pseudo terminal, and a screen that understands what LiveArea sends: text, \r, \n, ESC[<n>A,
// ESC[J.
class Screen {
 public:
  explicit Screen(int columns) : columns_(columns) {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = 24;
    int master = -1;
    int slave = -1;
    EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
    master_ = UniqueFd(master);
    slave_ = UniqueFd(slave);
    termios mode{};
    ::tcgetattr(slave, &mode);
    ::cfmakeraw(&mode);
    ::tcsetattr(slave, TCSANOW, &mode);
  }

  int fd() const { return slave_.get(); }

  // As terminals do it that break long lines anew: what stands there is laid out for the new width.
  void resize(int columns) {
    read_all();
    columns_ = columns;
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = 24;
    EXPECT_EQ(::ioctl(slave_.get(), TIOCSWINSZ, &size), 0);
  }

  // The lines that stand there; a line longer than the screen counts as the rows it takes.
  std::vector<std::string> lines() {
    read_all();
    std::vector<std::string> rows;
    for (const std::string& line : lines_) rows.push_back(line);
    while (!rows.empty() && rows.back().empty()) rows.pop_back();
    return rows;
  }

 private:
  // Up to a mark of its own: a pseudo terminal passes bytes on a moment later.
  void read_all() {
    ASSERT_EQ(::write(slave_.get(), "\1", 1), 1);
    std::string bytes;
    while (bytes.empty() || bytes.back() != '\1') {
      char part[4096];
      const ssize_t count = ::read(master_.get(), part, sizeof(part));
      ASSERT_GT(count, 0);
      bytes.append(part, static_cast<std::size_t>(count));
    }
    bytes.pop_back();
    take(bytes);
  }

  int rows_of(const std::string& line) const {
    return std::max(1, (static_cast<int>(line.size()) + columns_ - 1) / columns_);
  }

  void take(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      if (bytes[at] == '\033') {
        const std::size_t end = bytes.find_first_of("AJ", at);
        ASSERT_NE(end, std::string::npos);
        if (bytes[end] == 'J') {
          lines_.resize(line_ + 1);
          lines_[line_].clear();
        } else {
          int up = std::atoi(bytes.c_str() + at + 2);
          // The cursor stands in the last row of its line.
          while (up > 0 && line_ > 0) {
            --line_;
            up -= rows_of(lines_[line_]);
          }
          EXPECT_EQ(up, 0) << "moved into the middle of a line";
        }
        at = end;
      } else if (bytes[at] == '\n') {
        ++line_;
        if (lines_.size() <= line_) lines_.emplace_back();
        at_start_ = true;
      } else if (bytes[at] == '\r') {
        at_start_ = true;
      } else {
        if (at_start_ && !lines_[line_].empty()) lines_[line_].clear();
        at_start_ = false;
        lines_[line_] += bytes[at];
      }
    }
  }

  int columns_;
  UniqueFd master_, slave_;
  std::vector<std::string> lines_{std::string()};
  std::size_t line_ = 0;
  bool at_start_ = true;
};

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

}  // namespace
}  // namespace capstan::tools
