// Exposition: figures in the text format of Prometheus, version 0.0.4.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace capstan::tools {

inline constexpr const char* kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

// A label's value: backslash, quote and line feed are escaped.
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

// One thread. Every name begins with capstan_.
class Exposition {
 public:
  // Opens a family of samples.
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP capstan_{0} {1}\n# TYPE capstan_{0} {2}\n",
                   name, help, type);
  }
  // `labels`: name="value" with commas between, values by label_text(); or nothing.
  template <typename Value>
  void sample(const std::string& labels, Value value) {
    fmt::format_to(std::back_inserter(text_), "capstan_{}{}{}{} {}\n", name_,
                   labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

}  // namespace capstan::tools
