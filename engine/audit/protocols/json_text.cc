#include "engine/audit/protocols/json_text.h"

#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What stands between the quotes at the front; the rest of `text` is what follows them.
std::string_view take_string(std::string_view& text) noexcept {
  text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
  end = std::min(end, text.size());
  const std::string_view value = text.substr(0, end);
  text = end < text.size() ? text.substr(end + 1) : std::string_view{};
  return value;
}

std::string_view trim_blank(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

std::string_view json_value(std::string_view text, std::string_view name) noexcept {
  while (!text.empty()) {
    const std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) return {};
    text.remove_prefix(quote);
    const std::string_view key = take_string(text);
    std::string_view rest = trim_blank(text);
    if (!rest.starts_with(':')) continue;  // a value, or an element
    rest = trim_blank(rest.substr(1));
    std::string_view value;
    if (rest.starts_with('"')) {
      value = take_string(rest);
    } else {
      const std::size_t end = std::min(rest.find_first_of(",}] \t\r\n"), rest.size());
      value = rest.substr(0, end);
    }
    if (key == name) return value;
    text = rest;
  }
  return {};
}

}  // namespace capstan::audit
