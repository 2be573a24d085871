// Terminals: how wide a terminal is, what it can do, and text that fits into it.
//
// The only place that asks for the size of a terminal. The size is requested at each drawing, so a
// resize counts from the next drawing on and no handler for SIGWINCH is needed. Text meant for a
// pipe is never shortened.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::tools {

// What a descriptor is connected to. Borrows the descriptor; any thread.
class Terminal {
 public:
  explicit Terminal(int fd) noexcept : fd_(fd) {}

  bool is_terminal() const noexcept;
  // A terminal whose lines can be redrawn: TERM is set and is not "dumb".
  bool can_redraw() const noexcept;
  // A terminal that may be sent colours: can_redraw(), and NO_COLOR is not set (no-color.org).
  bool may_color() const noexcept;
  // From TIOCGWINSZ (ioctl_tty(2)); if the terminal does not know its size, from COLUMNS and LINES,
  // else 80 and 24. 0, which means no limit, if it is not a terminal.
  int columns() const noexcept;
  int rows() const noexcept;

 private:
  int fd_;
};

// One part of a line that must fit. When space is short, `brief` (empty: none) replaces `text`
// before a part is left out.
struct LinePart {
  std::string text;
  std::string brief;
  int importance = 0;  // parts of higher importance are kept longer
};

// Returns the parts that fit into `columns` (0: all of them), in their order, with two spaces
// between them. Less important parts first become brief, then are left out; the most important one
// stays and is cut if necessary.
std::string fit_line(std::span<const LinePart> parts, int columns);

struct TableColumn {
  std::string header;
  bool right = false;  // aligned to the right, for numbers
  int importance = 0;  // columns of higher importance are kept longer
  int smallest_columns =
      0;  // may be cut down to this many columns, with a '~' where it was cut; 0: never cut
};

// A table that fits into `columns` (0: no limit): a header line and one line per row, each with a
// newline. Each column is as wide as its widest cell. If the table is too wide, columns that may be
// cut are cut, then the least important ones are left out, then lines are cut.
std::string fit_table(std::span<const TableColumn> table,
                      const std::vector<std::vector<std::string>>& rows, int columns);

// Width of a text in columns: one for each UTF-8 code point.
std::size_t text_columns(std::string_view text) noexcept;

// Returns the control sequence that removes a line of `columns` columns (0: no line), which the
// cursor is in, from a terminal that is `width` columns wide and may have wrapped it over several
// rows.
std::string wipe_line(std::size_t columns, int width);

// Text at the bottom of a terminal that is redrawn repeatedly: a progress line, a table. One
// thread. Text that the terminal does not accept is lost without an error: it is redrawn a moment
// later.
class LiveArea {
 public:
  // Borrows the descriptor.
  explicit LiveArea(int fd) noexcept : fd_(fd), terminal_(fd) {}

  const Terminal& terminal() const noexcept { return terminal_; }
  // Replaces the text drawn before by `text`. Every line ends in a newline; the last one need not.
  void draw(std::string_view text);
  // Returns what to write to the same terminal so that complete `lines` appear above the drawn
  // text, which stays.
  std::string with_above(std::string_view lines) const;
  // Removes the drawn text; to be called before other text goes to the same terminal.
  void clear();
  // Leaves the drawn text in place and ends its line: later text appears below it.
  void keep();

 private:
  std::string take_back() const;
  void put(std::string_view text) const noexcept;

  int fd_;
  Terminal terminal_;
  std::string text_;                // the drawn text
  std::vector<std::size_t> shown_;  // width of each of its lines in columns
  bool open_line_ = false;          // its last line has no newline
};

}  // namespace capstan::tools
