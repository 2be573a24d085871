#include "tools/serve/request_target.h"

#include "tools/common/utf8.h"

namespace capstan::serve {

namespace {

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// nullopt: an escape that is none.
std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      plain += ' ';
    } else if (text[i] != '%') {
      plain += text[i];
    } else {
      const int high = i + 1 < text.size() ? digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      plain += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return plain;
}

// Line ends and tabs are what people paste.
bool has_control(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f) return true;
  }
  return false;
}

}  // namespace

const std::string* RequestTarget::find(std::string_view name) const noexcept {
  for (const auto& [given, value] : parameters) {
    if (given == name) return &value;
  }
  return nullptr;
}

std::optional<RequestTarget> parse_target(std::string_view text, std::string& problem) {
  const auto refuse = [&problem](const char* why) {
    problem = why;
    return std::nullopt;
  };
  if (text.empty() || text.front() != '/') return refuse("the target does not begin with a slash");
  if (text.size() > kLongestTarget) return refuse("the target is longer than 24 KiB");
  RequestTarget target;
  const std::size_t question = text.find('?');
  target.path = text.substr(0, question);
  std::string_view rest = question == text.npos ? "" : text.substr(question + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == rest.npos ? "" : rest.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(equals == pair.npos ? "" : pair.substr(equals + 1));
    if (!name || !value) return refuse("a percent sign without two hexadecimal digits behind it");
    if (has_control(*name) || has_control(*value)) return refuse("a control character");
    if (!tools::is_utf8(*name) || !tools::is_utf8(*value)) return refuse("text that is no UTF-8");
    target.parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return target;
}

}  // namespace capstan::serve
