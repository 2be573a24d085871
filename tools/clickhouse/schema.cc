#include "tools/clickhouse/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/joined.h"

namespace capstan::fleet {

namespace {

std::string engine(Table table, const SchemaOptions& options) {
  if (options.cluster.empty()) return "MergeTree";
  return fmt::format("ReplicatedMergeTree('/clickhouse/tables/{{shard}}/{}/{}', '{{replica}}')",
                     options.database, insert_table(table, true));
}

std::string codec_of(Wire wire, std::string_view name) {
  if (name == "five_minutes" || name.ends_with("_ns")) return " CODEC(Delta, ZSTD(1))";
  if (wire == Wire::kUInt64 && name != "file") return " CODEC(T64, ZSTD(1))";
  return " CODEC(ZSTD(1))";
}

// Columns that are computed when they are asked for: what a person wants to read.
std::vector<std::string> aliases(Table table, const ServerVersion& version) {
  std::vector<std::string> list;
  if (table == Table::kSensors) return list;
  for (const char* name : {"first", "last"}) {
    list.push_back(version.modern() ? fmt::format("{0} DateTime64(9, 'UTC') ALIAS "
                                                  "fromUnixTimestamp64Nano(toInt64({0}_ns), 'UTC')",
                                                  name)
                                    : fmt::format("{0} DateTime('UTC') ALIAS "
                                                  "toDateTime(intDiv({0}_ns, 1000000000), 'UTC')",
                                                  name));
  }
  if (table == Table::kFiles) return list;
  for (const char* name : {"client", "server"}) {
    list.push_back(
        fmt::format("{0}_ip String ALIAS replaceOne(IPv6NumToString({0}), '::ffff:', '')", name));
  }
  if (table != Table::kFlows) return list;
  list.emplace_back("packets UInt64 ALIAS client_packets + server_packets");
  list.emplace_back("bytes UInt64 ALIAS client_bytes + server_bytes");
  return list;
}

std::string order_of(Table table) {
  switch (table) {
    case Table::kSensors:
      return "ORDER BY (sensor, instance)";
    case Table::kFiles:
      return "PARTITION BY toYYYYMM(day) ORDER BY (sensor, first_ns, file)";
    case Table::kFlows:
      return "PARTITION BY day ORDER BY (five_minutes, sensor, server_port, server, client)";
    case Table::kFindings:
      return "PARTITION BY toYYYYMM(day) ORDER BY (sensor, first_ns, file, row)";
  }
  return {};
}

std::vector<std::string> skip_indexes(Table table, const ServerVersion& version) {
  if (table != Table::kFlows || !version.modern()) return {};
  std::vector<std::string> list = {"INDEX last_ns_range last_ns TYPE minmax GRANULARITY 1"};
  for (const char* name : {"client", "server", "inner_client", "inner_server", "client_mac",
                           "server_mac", "community_id", "sni", "tunnel_id", "file"}) {
    list.push_back(fmt::format("INDEX {0}_bloom {0} TYPE bloom_filter(0.01) GRANULARITY 4", name));
  }
  return list;
}

std::string settings_of(const SchemaOptions& options) {
  if (!options.cluster.empty()) return "\nSETTINGS replicated_deduplication_window = 10000";
  // A batch that is sent twice is refused the second time.
  if (options.version.deduplicates())
    return "\nSETTINGS non_replicated_deduplication_window = 10000";
  return {};
}

std::string create_table(Table table, const SchemaOptions& options) {
  const ServerVersion& version = options.version;
  std::vector<std::string> lines;
  for (const Column& column : columns(table)) {
    std::string line = fmt::format("{} {}", sql_name(column.name), type_name(column.wire, version));
    if (version.modern()) {
      line += fmt::format(" COMMENT {}{}", sql_text(column.comment),
                          codec_of(column.wire, column.name));
    }
    lines.push_back(std::move(line));
  }
  for (std::string& line : aliases(table, version)) lines.push_back(std::move(line));
  for (std::string& line : skip_indexes(table, version)) lines.push_back(std::move(line));
  const std::string where =
      options.cluster.empty() ? "" : fmt::format(" ON CLUSTER {}", sql_name(options.cluster));
  std::string text = fmt::format(
      "CREATE TABLE IF NOT EXISTS {}.{}{}\n(\n    {}\n)\nENGINE = {}\n{}",
      sql_name(options.database), sql_name(insert_table(table, !options.cluster.empty())), where,
      joined(lines, ",\n    "), engine(table, options), order_of(table));
  const bool expires = table == Table::kFlows || table == Table::kFindings;
  if (expires && options.keep_days != 0 && version.modern()) {
    text += fmt::format("\nTTL day + INTERVAL {} DAY", options.keep_days);
  }
  return text + settings_of(options);
}

std::string create_distributed(Table table, const SchemaOptions& options) {
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS {0}.{1} ON CLUSTER {2} AS {0}.{3}\n"
      "ENGINE = Distributed({2}, {0}, {3}, cityHash64(sensor))",
      sql_name(options.database), sql_name(table_name(table)), sql_name(options.cluster),
      sql_name(insert_table(table, true)));
}

}  // namespace

std::string_view table_name(Table table) noexcept {
  switch (table) {
    case Table::kSensors:
      return "sensors";
    case Table::kFiles:
      return "files";
    case Table::kFlows:
      return "flows";
    case Table::kFindings:
      return "findings";
  }
  return {};
}

std::string type_name(Wire wire, const ServerVersion& version) {
  switch (wire) {
    case Wire::kUInt8:
      return "UInt8";
    case Wire::kUInt16:
      return "UInt16";
    case Wire::kUInt32:
      return "UInt32";
    case Wire::kUInt64:
      return "UInt64";
    case Wire::kDate:
      return "Date";
    case Wire::kDateTime:
      return "DateTime('UTC')";
    case Wire::kAddress:
      return version.modern() ? "IPv6" : "FixedString(16)";
    case Wire::kFixed6:
      return "FixedString(6)";
    case Wire::kFixed16:
      return "FixedString(16)";
    case Wire::kString:
      return "String";
    case Wire::kName:
      return version.modern() ? "LowCardinality(String)" : "String";
  }
  return {};
}

std::vector<std::string> create_statements(const SchemaOptions& options) {
  std::vector<std::string> list;
  const std::string where =
      options.cluster.empty() ? "" : fmt::format(" ON CLUSTER {}", sql_name(options.cluster));
  list.push_back(
      fmt::format("CREATE DATABASE IF NOT EXISTS {}{}", sql_name(options.database), where));
  for (const Table table : kTables) {
    list.push_back(create_table(table, options));
    if (!options.cluster.empty()) list.push_back(create_distributed(table, options));
  }
  return list;
}

std::string insert_table(Table table, bool cluster) {
  return std::string(table_name(table)) + (cluster ? "_local" : "");
}

}  // namespace capstan::fleet
