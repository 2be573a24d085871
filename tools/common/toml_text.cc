#include "tools/common/toml_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/errors.h"
#include "tools/common/small_file.h"

namespace capstan::tools {

namespace {

// Walks over the text as the parser does, as far as it is TOML.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  // The next byte that is in no string and no comment; false at the end.
  bool next(char& byte) {
    while (at_ < text_.size()) {
      byte = text_[at_];
      if (byte == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (byte == '"' || byte == '\'') {
        pass_string(byte);
      } else {
        ++at_;
        if (byte == '\n') ++line_;
        return true;
      }
    }
    return false;
  }
  std::size_t line() const noexcept { return line_; }

 private:
  bool has_three(char quote) const noexcept {
    return at_ + 3 <= text_.size() && text_[at_] == quote && text_[at_ + 1] == quote &&
           text_[at_ + 2] == quote;
  }

  void pass_string(char quote) {
    const bool lines = has_three(quote);
    at_ += lines ? 3 : 1;
    while (at_ < text_.size()) {
      const char byte = text_[at_];
      if (byte == '\n') {
        if (!lines) return;  // it has no end, and that is the parser's to say
        ++line_;
      } else if (lines ? has_three(quote) : byte == quote) {
        at_ += lines ? 3 : 1;
        return;
      } else if (byte == '\\' && quote == '"' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        ++at_;
      }
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

void check_toml_depth(std::string_view text, const std::string& path) {
  constexpr std::string_view kEndOfKey = "=,{}[]\n";
  Scan scan(text);
  std::size_t dots = 0;
  for (char byte = 0; scan.next(byte);) {
    if (kEndOfKey.find(byte) != std::string_view::npos) dots = 0;
    if (byte == '.' && ++dots > kMostTomlDots) {
      throw UsageError(
          fmt::format("{}:{}: a key of more than {} dots", path, scan.line(), kMostTomlDots));
    }
  }
}

std::string read_toml_text(std::string_view option, const std::string& path) {
  std::string text = read_small_file(option, path);
  check_toml_depth(text, path);
  return text;
}

}  // namespace capstan::tools
