// Log: the messages of a command on standard error, which may be slow, full or closed.
//
// The only thing in a recorder that prints. Writing a message waits only for a moment, never throws
// and never ends the program: what cannot be written is counted, and the count is reported with the
// next line that gets through.
//
// Under systemd the journal takes the priority of a line from "<N>" in front of it (sd-daemon(3));
// JOURNAL_STREAM tells whether standard error is connected to the journal (systemd.exec(5)).
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <string_view>
#include <utility>

#include "tools/common/line_output.h"
#include "tools/common/terminal.h"

namespace capstan::tools {

// Numbers as in syslog(3).
enum class LogLevel : int { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

// Any thread may use it, except that only one thread draws the live line.
class Log {
 public:
  explicit Log(int fd) noexcept;

  // In all texts, characters that would control a terminal become '?' (visible_text()).

  // Writes one line; outside the journal, "capstan: " stands in front of it.
  void write(LogLevel level, std::string_view text) noexcept;
  // Writes complete lines unchanged: a report.
  void put(std::string_view lines) noexcept;
  // Draws the line at the bottom of a terminal in place of the previous one; every other message
  // removes it. The terminal may have been resized since. Requires: terminal().can_redraw(), and a
  // line that fits (fit_line()).
  void draw_live(std::string_view text) noexcept;
  // Leaves the last live line on the terminal and ends it.
  void keep_live() noexcept;

  const Terminal& terminal() const noexcept { return terminal_; }

  // Lines and reports that could not be written.
  std::uint64_t unsaid() const noexcept { return out_.left_out(); }

 private:
  void say(std::string_view text);

  LineOutput out_;
  bool journal_ = false;
  Terminal terminal_;
  std::atomic<std::size_t> live_columns_{0};  // width of the live line now shown
  std::atomic<std::uint64_t> owned_up_{0};    // how many of unsaid() were reported already
  std::atomic<int> last_error_{0};
};

// The log of this process, on standard error.
Log& standard_log() noexcept;

// Writes complete lines unchanged to the log of this process. Used instead of fmt::print(stderr),
// which throws when standard error is full or closed and would end the command because of a
// message.
template <typename... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) noexcept {
  try {
    standard_log().put(fmt::format(format, std::forward<Arguments>(arguments)...));
  } catch (const std::exception&) {  // no memory
  }
}

}  // namespace capstan::tools
