// The tables of a fleet in ClickHouse: their columns in the order in which `capstan ship` sends
// them, the statements that create them, and what `capstan query --fleet` may ask of them.
//
//     sensors   which sensor has which name
//     files     one row per recording, with what its ledger says was lost
//     flows     one row per row of an index: a conversation of one file
//     findings  one row per session that the audit has a verdict on
//
// A file's rows are complete when its row in `files` is there: that one is sent last. Within a
// table (file, row) identifies a row. Times are nanoseconds since 1970, UTC; addresses are 16
// bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), all zeros where there is none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/flow/transport.h"

namespace capstan::fleet {

// What a server can do, by its version.
struct ServerVersion {
  unsigned major = 0;
  unsigned minor = 0;

  // From the answer to `SELECT version()`: "18.16.1", "24.8.4.13". nullopt: no version.
  static std::optional<ServerVersion> parse(std::string_view text);
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

enum class Table : std::uint8_t { kSensors, kFiles, kFlows, kFindings };
inline constexpr std::array kTables = {Table::kSensors, Table::kFiles, Table::kFlows,
                                       Table::kFindings};
std::string_view table_name(Table table) noexcept;

// How a value is sent in RowBinary, which does not depend on the server's version.
enum class Wire : std::uint8_t {
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kDate,      // UInt16: days since 1970
  kDateTime,  // UInt32: seconds since 1970
  kAddress,   // 16 bytes: IPv6, or FixedString(16) where the server has no such type
  kFixed6,
  kFixed16,
  kString,
  kName,  // a string with few different values
};

struct Column {
  std::string_view name;
  Wire wire;
  std::string_view comment;  // one phrase; no quotes
};
// The columns that are sent, in their order.
std::span<const Column> columns(Table table) noexcept;
// Their names, separated by commas.
std::string columns_text(Table table);
// The type of a column as the server's DESCRIBE TABLE names it.
std::string type_name(Wire wire, const ServerVersion& version);

struct SchemaOptions {
  ServerVersion version;
  std::string database;    // created when it is not there
  std::string cluster;     // empty: one server. Else ReplicatedMergeTree and Distributed
  unsigned keep_days = 0;  // TTL of flows and findings; 0: for ever. Needs modern()
};
// The statements that make what is missing, in their order, without semicolons. All may be
// repeated.
std::vector<std::string> create_statements(const SchemaOptions& options);

// The table that rows are sent to: with a cluster the local one of the server that is asked.
std::string insert_table(Table table, bool cluster);

// Parts of statements.

// "'it\'s'": any bytes as a string literal.
std::string sql_text(std::string_view text);
// `name` in backquotes, for a database or a table.
std::string sql_name(std::string_view name);
// The 16 bytes that the columns of type kAddress have for an address.
Address stored_address(const Address& address, std::uint8_t ip_version) noexcept;
// A literal to compare such a column with, by =, < and the like: bytes are compared in order.
std::string sql_address(const Address& stored, const ServerVersion& version);

}  // namespace capstan::fleet
