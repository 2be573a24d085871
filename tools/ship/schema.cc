#include "tools/ship/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace capstan::fleet {

namespace {

constexpr Column kSensorColumns[] = {
    {"sensor", Wire::kName, "its name"},
    {"instance", Wire::kString, "made at random when the state file was, in hexadecimal"},
    {"claimed_ns", Wire::kUInt64, "when this instance took the name"},
    {"host", Wire::kString, "name of the machine"},
    {"version", Wire::kString, "of Capstan"},
};

constexpr Column kFileColumns[] = {
    {"day", Wire::kDate, "of first_ns, UTC"},
    {"sensor", Wire::kName, "name of the sensor"},
    {"file", Wire::kUInt64, "id of the recording: a hash of sensor, size and digest"},
    {"name", Wire::kString, "its name without the directory"},
    {"size_bytes", Wire::kUInt64, "of the recording"},
    {"digest", Wire::kFixed16, "over its size, first and last bytes"},
    {"first_ns", Wire::kUInt64, "of the first packet"},
    {"last_ns", Wire::kUInt64, "of the last packet"},
    {"packets", Wire::kUInt64, "in the recording"},
    {"bytes", Wire::kUInt64, "on the wire"},
    {"whole", Wire::kUInt8, "1: it ends cleanly"},
    {"has_ledger", Wire::kUInt8, "1: it says what was lost; 0: nothing is known about losses"},
    {"ledger_disputed", Wire::kUInt8, "1: only the recording itself says what was lost"},
    {"received", Wire::kUInt64, "packets handed to the sockets, the lost ones included"},
    {"dropped", Wire::kUInt64, "of them, lost for want of room in a ring"},
    {"interface_dropped", Wire::kUInt64, "lost by the adapter"},
    {"missing", Wire::kUInt64, "received, not dropped, and not in the file"},
    {"lost", Wire::kUInt64, "all three together"},
    {"blocks", Wire::kUInt32, "of its index"},
    {"rows", Wire::kUInt64, "it has in flows"},
    {"findings", Wire::kUInt64, "it has in findings"},
    {"many_blocks", Wire::kUInt32, "blocks with conversations that have no row"},
    {"many_rows", Wire::kUInt64, "number of those conversations, at least"},
    {"many_packets", Wire::kUInt64, "their packets"},
    {"audited", Wire::kUInt8, "1: the audit has read it; 0: app_protocol and findings are empty"},
};

constexpr Column kFlowColumns[] = {
    {"day", Wire::kDate, "of first_ns, UTC"},
    {"five_minutes", Wire::kDateTime, "first_ns rounded down to five minutes"},
    {"sensor", Wire::kName, "name of the sensor"},
    {"server_port", Wire::kUInt16, "0 without ports; of ICMP the code or answering type"},
    {"server", Wire::kAddress, "the side that was called, or has the lower port"},
    {"client", Wire::kAddress, "the other side"},
    {"client_port", Wire::kUInt16, "0 without ports; of ICMP the type"},
    {"protocol", Wire::kUInt8, "IP protocol number, behind extension headers"},
    {"kind", Wire::kUInt8, "4 and 6: IP; 7: ARP; 0: other, known by MAC addresses"},
    {"flags", Wire::kUInt8, "row_flag of docs/format-index.md: fields that are not known"},
    {"next_header", Wire::kUInt8, "of the fixed IP header"},
    {"ethertype", Wire::kUInt16, "behind all tags; 0: a length"},
    {"link_type", Wire::kUInt16, "LINKTYPE of the interface"},
    {"vlan_count", Wire::kUInt8, "number of tags"},
    {"vlan_outer", Wire::kUInt16, "id of the first tag"},
    {"vlan_inner", Wire::kUInt16, "id of the second tag"},
    {"tpid_outer", Wire::kUInt16, "ethertype of the first tag"},
    {"tpid_inner", Wire::kUInt16, "ethertype of the second tag"},
    {"client_mac", Wire::kFixed6, "of the client side"},
    {"server_mac", Wire::kFixed6, "of the server side"},
    {"tunnel", Wire::kUInt8, "0: none; else the kind, as in docs/format-index.md"},
    {"tunnel_id", Wire::kUInt64, "VNI, TEID, key, label or session"},
    {"inner_version", Wire::kUInt8, "4 or 6; 0: nothing inside was read"},
    {"inner_protocol", Wire::kUInt8, "IP protocol number inside"},
    {"inner_server_port", Wire::kUInt16, "inside; its side sends when the server sends"},
    {"inner_server", Wire::kAddress, "inside; its side sends when the server sends"},
    {"inner_client", Wire::kAddress, "inside; its side sends when the client sends"},
    {"inner_client_port", Wire::kUInt16, "inside; its side sends when the client sends"},
    {"first_ns", Wire::kUInt64, "of the first packet, or up to a microsecond earlier"},
    {"last_ns", Wire::kUInt64, "of the last packet, or up to a microsecond later"},
    {"client_packets", Wire::kUInt64, "sent by the client"},
    {"server_packets", Wire::kUInt64, "sent by the server"},
    {"client_bytes", Wire::kUInt64, "sent by the client, on the wire"},
    {"server_bytes", Wire::kUInt64, "sent by the server, on the wire"},
    {"client_tcp_flags", Wire::kUInt8, "all that the client sent"},
    {"server_tcp_flags", Wire::kUInt8, "all that the server sent"},
    {"client_first", Wire::kUInt8, "1: the client sent the first packet"},
    {"lost", Wire::kUInt64, "packets lost on any ring between first_ns and last_ns"},
    {"community_id", Wire::kString, "Community ID 1; empty: none"},
    {"app_protocol", Wire::kName, "as the audit names it; empty: not known"},
    {"sni", Wire::kString, "server name that the client asked for in TLS"},
    {"verdict", Wire::kName, "of the audit; empty: none"},
    {"file", Wire::kUInt64, "id of the recording, see files"},
    {"row", Wire::kUInt32, "number of the row in its index"},
    {"first_block", Wire::kUInt32, "of the index that has packets of it"},
    {"last_block", Wire::kUInt32, "of the index that has packets of it"},
};

constexpr Column kFindingColumns[] = {
    {"day", Wire::kDate, "of first_ns, UTC"},
    {"sensor", Wire::kName, "name of the sensor"},
    {"file", Wire::kUInt64, "id of the recording, see files"},
    {"row", Wire::kUInt32, "number of the finding in its file"},
    {"first_ns", Wire::kUInt64, "of the first packet of the session"},
    {"last_ns", Wire::kUInt64, "of the last packet of the session"},
    {"client", Wire::kAddress, "who opened the session"},
    {"server", Wire::kAddress, "who was called"},
    {"client_port", Wire::kUInt16, "0 without ports"},
    {"server_port", Wire::kUInt16, "0 without ports"},
    {"protocol", Wire::kUInt8, "IP protocol number"},
    {"vlan_outer", Wire::kUInt16, "id of the first tag; 0: none"},
    {"community_id", Wire::kString, "Community ID 1; empty: none"},
    {"app_protocol", Wire::kName, "as the audit names it"},
    {"verdict", Wire::kName, "as the audit names it"},
    {"finding", Wire::kString, "a sentence"},
    {"user", Wire::kString, "who logged in; empty: not seen"},
    {"mechanism", Wire::kName, "of the login"},
    {"secret_kind", Wire::kName, "what of the secret was seen; never the secret"},
    {"secret_length", Wire::kUInt32, "bytes of the secret"},
    {"tls_version", Wire::kName, "chosen by the server; empty: no TLS"},
    {"sni", Wire::kString, "server name that the client asked for in TLS"},
    {"weak", Wire::kUInt8, "1: encrypted, but weakly"},
    {"reasons", Wire::kString, "for the verdict, separated by commas"},
};

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
      fmt::join(lines, ",\n    "), engine(table, options), order_of(table));
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

std::optional<ServerVersion> ServerVersion::parse(std::string_view text) {
  ServerVersion version;
  const char* const end = text.data() + text.size();
  const auto [dot, wrong] = std::from_chars(text.data(), end, version.major);
  if (wrong != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  if (std::from_chars(dot + 1, end, version.minor).ec != std::errc{}) return std::nullopt;
  return version;
}

std::string ServerVersion::text() const { return fmt::format("{}.{}", major, minor); }

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

std::span<const Column> columns(Table table) noexcept {
  switch (table) {
    case Table::kSensors:
      return kSensorColumns;
    case Table::kFiles:
      return kFileColumns;
    case Table::kFlows:
      return kFlowColumns;
    case Table::kFindings:
      return kFindingColumns;
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
