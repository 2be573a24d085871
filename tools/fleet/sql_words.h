// Parts of statements for ClickHouse whose form depends on the server's version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/flow/transport.h"

namespace capstan::fleet::asking {

struct ServerVersion {
  unsigned major = 0;
  unsigned minor = 0;

  // From the answer to `SELECT version()`: "18.16.1", "24.8.4.13". nullopt: no version.
  static std::optional<ServerVersion> parse(std::string_view text) noexcept;

  bool at_least(unsigned wanted_major, unsigned wanted_minor) const noexcept {
    return major != wanted_major ? major > wanted_major : minor >= wanted_minor;
  }
  bool supported() const noexcept { return at_least(18, 16); }
  // Whether columns of addresses have the type IPv6; before, they are FixedString(16).
  bool has_address_type() const noexcept { return at_least(20, 3); }
};

// "'it\'s'": any bytes as a string literal.
std::string sql_text(std::string_view text);

// A literal to compare a column of addresses with, by =, < and the like. Such a column holds 16
// bytes in the order of the wire, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
std::string sql_address(const Address& address, std::uint8_t ip_version,
                        const ServerVersion& version);

}  // namespace capstan::fleet::asking
