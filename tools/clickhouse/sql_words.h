// ClickHouse: what a server of which version can do, and parts of statements for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/flow/transport.h"

namespace capstan::fleet {

// What a server can do, by its version.
struct ServerVersion {
  unsigned major = 0;
  unsigned minor = 0;

  // From the answer to `SELECT version()`: "18.16.1", "24.8.4.13". nullopt: no version.
  static std::optional<ServerVersion> parse(std::string_view text) noexcept;
  std::string text() const;

  bool at_least(unsigned wanted_major, unsigned wanted_minor) const noexcept {
    return major != wanted_major ? major > wanted_major : minor >= wanted_minor;
  }
  // Older servers lack what is sent to every server.
  bool supported() const noexcept { return at_least(18, 16); }
  // Column codecs, TTL, skip indexes, LowCardinality, the types IPv6 and DateTime64: all of them,
  // or none. Each came with its own release between 19.1 and 20.3; one limit is easier to know.
  bool modern() const noexcept { return at_least(20, 3); }
  // A MergeTree that is not replicated can refuse a block that it has already.
  bool deduplicates() const noexcept { return at_least(22, 3); }
  // DROP TABLE returns before statements that use the table have ended, unless asked to wait.
  bool atomic_databases() const noexcept { return at_least(20, 10); }
};

// "'it\'s'": any bytes as a string literal.
std::string sql_text(std::string_view text);
// `name` in backquotes, for a database or a table.
std::string sql_name(std::string_view name);
// The 16 bytes that a column of addresses has for one, in the order of the wire; IPv4 is
// ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
Address stored_address(const Address& address, std::uint8_t ip_version) noexcept;
// A literal to compare such a column with, by =, < and the like: bytes are compared in order.
std::string sql_address(const Address& stored, const ServerVersion& version);

}  // namespace capstan::fleet
