// Log: what a command says on standard error, which may be slow, full or gone.
//
// The only thing in a recorder that prints. Saying something never waits longer than a moment,
// never throws and never ends anything: what cannot be said is counted, and the count is said with
// the next line that gets through.
//
// Under systemd the journal takes a line's weight from "<N>" in front of it (sd-daemon(3)); whether
// standard error leads there is what JOURNAL_STREAM says (systemd.exec(5)).
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

// The numbers of syslog(3).
enum class LogLevel : int { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

// Any thread, but for the live line, which one thread draws.
class Log {
 public:
  explicit Log(int fd) noexcept;

  // What of the texts would steer a terminal becomes '?' (visible_text()).

  // One line; without the journal "capstan: " stands in front of it.
  void write(LogLevel level, std::string_view text) noexcept;
  // Whole lines as they are: a report.
  void put(std::string_view lines) noexcept;
  // The line at the bottom of a terminal: drawn anew each time, and wiped by whatever else is said.
  // The terminal may have been resized since. Requires: terminal().can_redraw(), and a line that
  // fits (fit_line()).
  void draw_live(std::string_view text) noexcept;
  // What the live line said last stays.
  void keep_live() noexcept;

  const Terminal& terminal() const noexcept { return terminal_; }

  // Lines and reports that could not be said.
  std::uint64_t unsaid() const noexcept { return out_.left_out(); }

 private:
  void say(std::string_view text);

  LineOutput out_;
  bool journal_ = false;
  Terminal terminal_;
  std::atomic<std::size_t> live_columns_{0};  // of the live line that stands there
  std::atomic<std::uint64_t> owned_up_{0};    // of those unsaid, the ones that were told of
  std::atomic<int> last_error_{0};
};

// The process's own, on standard error.
Log& standard_log() noexcept;

// Whole lines to the process's own log, as they are. fmt::print(stderr) throws when standard error
// is full or gone, which would end a command for want of a word.
template <typename... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) noexcept {
  try {
    standard_log().put(fmt::format(format, std::forward<Arguments>(arguments)...));
  } catch (const std::exception&) {  // no memory
  }
}

}  // namespace capstan::tools
