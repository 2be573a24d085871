// Small helpers for text protocols: views over bytes, comparison without regard to case, splitting
// into words.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "engine/audit/facts.h"

namespace capstan::audit {

inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline constexpr bool is_alpha(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }
inline constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

inline constexpr bool equals_nocase(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}
inline constexpr bool starts_nocase(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size() && equals_nocase(text.substr(0, prefix.size()), prefix);
}
inline std::size_t find_nocase(std::string_view text, std::string_view what) noexcept {
  const auto found = std::search(text.begin(), text.end(), what.begin(), what.end(),
                                 [](char x, char y) { return lower(x) == lower(y); });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}
inline bool contains_nocase(std::string_view text, std::string_view what) noexcept {
  return find_nocase(text, what) != std::string_view::npos;
}
inline std::string_view trim_left(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}
inline std::string_view trim(std::string_view text) noexcept {
  text = trim_left(text);
  while (!text.empty() && (is_space(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}
// Removes the first word from `text` and returns it. `text` keeps what follows the one space after
// the word (not trimmed: a password may begin with a space).
inline std::string_view take_word(std::string_view& text) noexcept {
  std::size_t end = 0;  // not find_first_of(): that calls memchr(3) for every byte
  while (end < text.size() && !is_space(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}
// The three digits that begin a reply of SMTP, FTP or NNTP; 0 when there are none.
inline int reply_code(std::string_view line) noexcept {
  if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

inline constexpr std::uint16_t load_be16(const std::uint8_t* p) noexcept {
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
inline constexpr std::uint32_t load_be32(const std::uint8_t* p) noexcept {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}
inline constexpr std::uint16_t load_le16(const std::uint8_t* p) noexcept {
  return static_cast<std::uint16_t>(p[1] << 8 | p[0]);
}
inline constexpr std::uint32_t load_le32(const std::uint8_t* p) noexcept {
  return std::uint32_t{p[3]} << 24 | std::uint32_t{p[2]} << 16 | std::uint32_t{p[1]} << 8 | p[0];
}

// The value of a hexadecimal digit; -1 when the byte is not one.
inline int hex_digit(std::uint8_t byte) noexcept {
  const char c = lower(static_cast<char>(byte));
  if (is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace capstan::audit
