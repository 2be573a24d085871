// Screen: a pseudo terminal of any width, and what somebody in front of it sees.
//
// Understands what Capstan sends: text, \r, \n, ESC[<n>A, ESC[C, ESC[J, ESC[K. Lays long lines out
// anew when it is resized, as most terminals do.
#pragma once

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::test {

// One thread. Others, and other processes, may write to fd().
class Screen {
 public:
  explicit Screen(int columns, int rows = 24) : columns_(columns), rows_(rows) {
    winsize size = window();
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

  // What programs write to.
  int fd() const { return slave_.get(); }

  // What stands there is laid out for the new width. Requires: nobody draws meanwhile.
  void resize(int columns) {
    read_all();
    columns_ = columns;
    const winsize size = window();
    EXPECT_EQ(::ioctl(slave_.get(), TIOCSWINSZ, &size), 0);
  }

  // The lines that stand there, empty ones at the end left out; each may take several rows.
  std::vector<std::string> lines() {
    read_all();
    std::vector<std::string> shown = lines_;
    while (!shown.empty() && shown.back().empty()) shown.pop_back();
    return shown;
  }
  // Everything that was ever sent.
  const std::string& sent() {
    read_all();
    return sent_;
  }

 private:
  winsize window() const {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns_);
    size.ws_row = static_cast<unsigned short>(rows_);
    return size;
  }

  // Up to a mark of its own: a pseudo terminal passes bytes on a moment later.
  void read_all() {
    ASSERT_EQ(::write(slave_.get(), "\1", 1), 1);
    std::size_t mark = std::string::npos;
    while ((mark = waiting_.find('\1')) == std::string::npos) {
      char part[4096];
      const ssize_t count = ::read(master_.get(), part, sizeof(part));
      ASSERT_GT(count, 0);
      waiting_.append(part, static_cast<std::size_t>(count));
    }
    waiting_.erase(mark, 1);
    take();
  }

  int rows_of(const std::string& line) const {
    return std::max(1, (static_cast<int>(line.size()) + columns_ - 1) / columns_);
  }

  // The cursor stands in the last row of its line.
  void go_up(int rows) {
    while (rows > 0 && line_ > 0) {
      --line_;
      rows -= rows_of(lines_[line_]);
    }
    EXPECT_EQ(rows, 0) << "moved into the middle of a line";
  }

  // An escape sequence whose end has not come yet waits for it.
  void take() {
    std::size_t at = 0;
    for (; at < waiting_.size(); ++at) {
      const char byte = waiting_[at];
      if (byte == '\033') {
        const std::size_t end = waiting_.find_first_of("ACJKm", at);
        if (end == std::string::npos) break;
        if (waiting_[end] == 'J') lines_.resize(line_ + 1);
        if (waiting_[end] == 'J' || waiting_[end] == 'K') lines_[line_].clear();
        // The rows of a line that is drawn already lie above the cursor.
        if (waiting_[end] == 'A')
          go_up(std::atoi(waiting_.c_str() + at + 2) - rows_of(lines_[line_]) + 1);
        at = end;
      } else if (byte == '\n') {
        ++line_;
        if (lines_.size() <= line_) lines_.emplace_back();
        at_start_ = true;
      } else if (byte == '\r') {
        at_start_ = true;
      } else {
        if (at_start_ && !lines_[line_].empty()) lines_[line_].clear();
        at_start_ = false;
        lines_[line_] += byte;
      }
    }
    sent_.append(waiting_, 0, at);
    waiting_.erase(0, at);
  }

  int columns_;
  int rows_;
  UniqueFd master_, slave_;
  std::string waiting_;  // read, and not looked at yet
  std::string sent_;
  std::vector<std::string> lines_{std::string()};
  std::size_t line_ = 0;
  bool at_start_ = true;
};

}  // namespace capstan::test
