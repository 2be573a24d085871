// Exposition: numbers in the text format of Prometheus, version 0.0.4.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tools/common/append_format.h"

namespace capstan::tools {

inline constexpr const char* kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

// Escapes the value of a label: backslash, quote and line feed.
inline std::string label_text(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

// Builds the text. One thread. Every name begins with capstan_.
class Exposition {
 public:
  // Begins a family of samples; `type` and `help` as in the format.
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    append_format(text_, "# HELP capstan_{0} {1}\n# TYPE capstan_{0} {2}\n", name, help, type);
  }
  // Adds a sample to the family. `labels`: name="value" pairs with commas between, values from
  // label_text(); may be empty.
  template <typename Value>
  void sample(const std::string& labels, Value value) {
    append_format(text_, "capstan_{}{}{}{} {}\n", name_, labels.empty() ? "" : "{", labels,
                  labels.empty() ? "" : "}", value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

}  // namespace capstan::tools
