#include "tools/fleet/sql_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace capstan::fleet::asking {

std::optional<ServerVersion> ServerVersion::parse(std::string_view text) noexcept {
  ServerVersion version;
  const char* const end = text.data() + text.size();
  const auto [dot, wrong] = std::from_chars(text.data(), end, version.major);
  if (wrong != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  if (std::from_chars(dot + 1, end, version.minor).ec != std::errc{}) return std::nullopt;
  return version;
}

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

std::string sql_address(const Address& address, std::uint8_t ip_version,
                        const ServerVersion& version) {
  Address stored = address;
  if (ip_version == 4) {
    stored = {};
    stored[10] = 0xff;
    stored[11] = 0xff;
    std::copy_n(address.begin(), 4, stored.begin() + 12);
  }
  std::string digits;
  for (const std::uint8_t byte : stored) digits += fmt::format("{:02X}", byte);
  const std::string bytes = fmt::format("toFixedString(unhex('{}'), 16)", digits);
  return version.has_address_type() ? fmt::format("toIPv6(IPv6NumToString({}))", bytes) : bytes;
}

}  // namespace capstan::fleet::asking
