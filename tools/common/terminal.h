// Terminals: how wide one is, what it can do, and lines that fit.
//
// The one place that asks for a terminal's size. The size is asked for at each drawing, so a resize
// counts from the next drawing on and no handler for SIGWINCH is needed. Texts meant for a pipe are
// never shortened.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::tools {

// What stands behind a descriptor. Borrows the descriptor; any thread.
class Terminal {
 public:
  explicit Terminal(int fd) noexcept : fd_(fd) {}

  bool is_terminal() const noexcept;
  // A terminal whose lines can be drawn again: TERM is set and is not "dumb".
  bool can_redraw() const noexcept;
  // A terminal that may be given colours: can_redraw(), and NO_COLOR is not set (no-color.org).
  bool may_color() const noexcept;
  // TIOCGWINSZ (ioctl_tty(2)); where the terminal does not know, COLUMNS and LINES, else 80 and 24.
  // Not a terminal: 0, which means no limit.
  int columns() const noexcept;
  int rows() const noexcept;

 private:
  int fd_;
};

// One part of a line that must fit. `brief` (empty: none) stands for `text` before a part is left
// out.
struct LinePart {
  std::string text;
  std::string brief;
  int importance = 0;  // the larger, the longer it stays
};

// The parts that fit into `columns` (0: all of them), in their order, two spaces between them. Less
// important ones become brief first, then are left out; the most important one stays, cut if it
// must be.
std::string fit_line(std::span<const LinePart> parts, int columns);

struct TableColumn {
  std::string header;
  bool right = false;  // aligned to the right: numbers
  int importance = 0;  // the larger, the longer it stays
  int smallest_columns =
      0;  // may be cut down to this many columns, a '~' where it was cut; 0: never cut
};

// A table that fits into `columns` (0: no limit): a line of headers and a line for each row, each
// with a newline. Each column is as wide as its widest cell. Too wide: the columns that may be are
// cut, then the least important are left out, then lines are cut.
std::string fit_table(std::span<const TableColumn> table,
                      const std::vector<std::vector<std::string>>& rows, int columns);

// Columns a text takes: a column for each code point of UTF-8.
std::size_t text_columns(std::string_view text) noexcept;

// Takes a line of `columns` (0: there is none), in which the cursor stands, off a terminal that is
// `width` wide, which may break it into rows.
std::string wipe_line(std::size_t columns, int width);

// Text at the foot of a terminal that is drawn again and again: a line of progress, a table. One
// thread. What the terminal does not take is lost without a word: it is drawn anew a moment later.
class LiveArea {
 public:
  // Borrows the descriptor.
  explicit LiveArea(int fd) noexcept : fd_(fd), terminal_(fd) {}

  const Terminal& terminal() const noexcept { return terminal_; }
  // Replaces what was drawn before by `text`, whose lines end in newlines but for the last, which
  // need not.
  void draw(std::string_view text);
  // What to write to the same terminal so that whole `lines` stand above what was drawn, which
  // stays.
  std::string with_above(std::string_view lines) const;
  // Takes away what was drawn: call it before other text goes to the same terminal.
  void clear();
  // Leaves what was drawn where it is and ends its line: what follows stands below it.
  void keep();

 private:
  std::string take_back() const;
  void put(std::string_view text) const noexcept;

  int fd_;
  Terminal terminal_;
  std::string text_;                // what stands there
  std::vector<std::size_t> shown_;  // columns of each of its lines
  bool open_line_ = false;          // the last of them has no newline behind it
};

}  // namespace capstan::tools
