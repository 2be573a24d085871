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
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/clickhouse/sql_words.h"

namespace capstan::fleet {

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

}  // namespace capstan::fleet
