#include "tools/clickhouse/sql_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace capstan::fleet {

std::optional<ServerVersion> ServerVersion::parse(std::string_view text) noexcept {
  ServerVersion version;
  const char* const end = text.data() + text.size();
  const auto [dot, wrong] = std::from_chars(text.data(), end, version.major);
  if (wrong != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  if (std::from_chars(dot + 1, end, version.minor).ec != std::errc{}) return std::nullopt;
  return version;
}

std::string ServerVersion::text() const { return fmt::format("{}.{}", major, minor); }

std::string sql_text(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal += '\\';
    if (c == '\0') {
      literal += "\\0";
    } else {
      literal += c;
    }
  }
  return literal + "'";
}

std::string sql_name(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "`";
}

Address stored_address(const Address& address, std::uint8_t ip_version) noexcept {
  if (ip_version != 4) return address;
  Address stored{};
  stored[10] = 0xff;
  stored[11] = 0xff;
  std::copy_n(address.begin(), 4, stored.begin() + 12);
  return stored;
}

std::string sql_address(const Address& stored, const ServerVersion& version) {
  std::string digits;
  for (const std::uint8_t byte : stored) digits += fmt::format("{:02X}", byte);
  if (version.modern())
    return fmt::format("toIPv6(IPv6NumToString(toFixedString(unhex('{}'), 16)))", digits);
  return fmt::format("toFixedString(unhex('{}'), 16)", digits);
}

}  // namespace capstan::fleet
