#include "tools/common/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace capstan::tools {

namespace {

constexpr int kUsualColumns = 80;
constexpr int kUsualRows = 24;
constexpr std::string_view kGap = "  ";

// From the start of a line to the end of the screen. Not ESC[J alone: where the line is the
// screen's first, tmux takes that for the whole screen being cleared and keeps what stood there in
// its history, twice a second.
constexpr const char* kErase = "\033[K\033[C\033[J\r";

const char* environment(const char* name) noexcept {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  return std::getenv(name);
}

int from_environment(const char* name, int otherwise) noexcept {
  const char* const text = environment(name);
  const long value = text != nullptr ? std::strtol(text, nullptr, 10) : 0;
  return value > 0 && value < 10'000 ? static_cast<int>(value) : otherwise;
}

winsize size_of(int fd) noexcept {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

// The first `columns` code points.
std::string_view cut(std::string_view text, std::size_t columns) noexcept {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && seen++ == columns) break;
  }
  return text.substr(0, at);
}

std::string cut_with_mark(const std::string& text, std::size_t columns) {
  if (text_columns(text) <= columns) return text;
  return columns == 0 ? std::string() : std::string(cut(text, columns - 1)) + '~';
}

}  // namespace

bool Terminal::is_terminal() const noexcept { return ::isatty(fd_) == 1; }

bool Terminal::can_redraw() const noexcept {
  const char* const term = environment("TERM");
  return is_terminal() && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool Terminal::may_color() const noexcept {
  const char* const refused = environment("NO_COLOR");
  return can_redraw() && (refused == nullptr || *refused == '\0');
}

int Terminal::columns() const noexcept {
  if (!is_terminal()) return 0;
  const int columns = size_of(fd_).ws_col;
  return columns != 0 ? columns : from_environment("COLUMNS", kUsualColumns);
}

int Terminal::rows() const noexcept {
  if (!is_terminal()) return 0;
  const int rows = size_of(fd_).ws_row;
  return rows != 0 ? rows : from_environment("LINES", kUsualRows);
}

std::size_t text_columns(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

std::string fit_line(std::span<const LinePart> parts, int columns) {
  std::vector<std::string> texts;
  for (const LinePart& part : parts) texts.push_back(part.text);
  std::vector<std::size_t> order(parts.size());  // the least important first
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parts[a].importance < parts[b].importance;
  });
  const auto joined = [&texts] {
    std::string line;
    for (const std::string& text : texts) {
      if (text.empty()) continue;
      if (!line.empty()) line += kGap;
      line += text;
    }
    return line;
  };
  std::string line = joined();
  if (columns <= 0) return line;
  const auto limit = static_cast<std::size_t>(columns);
  for (const std::size_t place : order) {
    if (text_columns(line) <= limit) return line;
    if (parts[place].brief.empty()) continue;
    texts[place] = parts[place].brief;
    line = joined();
  }
  for (std::size_t left_out = 0; left_out + 1 < order.size(); ++left_out) {
    if (text_columns(line) <= limit) return line;
    texts[order[left_out]].clear();
    line = joined();
  }
  return std::string(cut(line, limit));
}

std::string fit_table(std::span<const TableColumn> table,
                      const std::vector<std::vector<std::string>>& rows, int columns) {
  std::vector<std::size_t> widths;
  for (std::size_t place = 0; place < table.size(); ++place) {
    std::size_t width = text_columns(table[place].header);
    for (const auto& row : rows) width = std::max(width, text_columns(row[place]));
    widths.push_back(width);
  }
  std::vector<bool> shown(table.size(), true);
  const auto total = [&] {
    std::size_t sum = 0;
    for (std::size_t place = 0; place < table.size(); ++place) {
      if (shown[place]) sum += widths[place] + (sum == 0 ? 0 : kGap.size());
    }
    return sum;
  };
  const auto limit = columns <= 0 ? SIZE_MAX : static_cast<std::size_t>(columns);
  // How far a column may be cut.
  const auto spare = [&](std::size_t place) {
    const auto smallest = static_cast<std::size_t>(std::max(0, table[place].smallest_columns));
    return smallest == 0 || widths[place] <= smallest ? 0 : widths[place] - smallest;
  };
  const auto total_spare = [&] {
    std::size_t sum = 0;
    for (std::size_t place = 0; place < table.size(); ++place)
      sum += shown[place] ? spare(place) : 0;
    return sum;
  };
  while (total() - total_spare() > limit && std::count(shown.begin(), shown.end(), true) > 1) {
    std::size_t least = table.size();
    for (std::size_t place = 0; place < table.size(); ++place) {
      if (!shown[place]) continue;
      if (least == table.size() || table[place].importance < table[least].importance) least = place;
    }
    shown[least] = false;
  }
  for (std::size_t place = 0; place < table.size() && total() > limit; ++place) {
    if (shown[place]) widths[place] -= std::min(total() - limit, spare(place));
  }
  std::string text;
  const auto put_row = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t place = 0; place < table.size(); ++place) {
      if (!shown[place]) continue;
      const std::string cell = cut_with_mark(cell_of(place), widths[place]);
      const std::string blank(widths[place] - text_columns(cell), ' ');
      if (!line.empty()) line += kGap;
      line += table[place].right ? blank + cell : cell + blank;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += cut(line, limit);
    text += '\n';
  };
  put_row([&](std::size_t place) -> const std::string& { return table[place].header; });
  for (const auto& row : rows)
    put_row([&](std::size_t place) -> const std::string& { return row[place]; });
  return text;
}

std::string wipe_line(std::size_t columns, int width) {
  if (columns == 0) return {};
  const std::size_t rows_above = (columns - 1) / static_cast<std::size_t>(std::max(1, width));
  std::string text = "\r";
  if (rows_above != 0) text += "\033[" + std::to_string(rows_above) + 'A';
  return text + kErase;
}

// Up to the first of the lines shown, and everything below taken away. A terminal made narrower
// since has broken the lines that no longer fit, so their rows are counted by today's width.
std::string LiveArea::take_back() const {
  if (shown_.empty()) return {};
  const auto width = static_cast<std::size_t>(std::max(1, terminal_.columns()));
  std::size_t rows = 0;
  for (const std::size_t columns : shown_) rows += columns == 0 ? 1 : (columns + width - 1) / width;
  if (open_line_) --rows;
  std::string text = "\r";
  if (rows != 0) text += "\033[" + std::to_string(rows) + 'A';
  return text + kErase;
}

void LiveArea::put(std::string_view text) const noexcept {
  if (!text.empty() && ::write(fd_, text.data(), text.size()) < 0)
    return;  // drawn anew a moment later
}

void LiveArea::draw(std::string_view text) {
  std::string whole = take_back();
  whole += text;
  text_ = text;
  shown_.clear();
  open_line_ = !text.empty() && text.back() != '\n';
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    shown_.push_back(text_columns(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  put(whole);
}

std::string LiveArea::with_above(std::string_view lines) const {
  return take_back().append(lines).append(text_);
}

void LiveArea::clear() {
  put(take_back());
  text_.clear();
  shown_.clear();
  open_line_ = false;
}

void LiveArea::keep() {
  if (open_line_) put("\n");
  text_.clear();
  shown_.clear();
  open_line_ = false;
}

}  // namespace capstan::tools
