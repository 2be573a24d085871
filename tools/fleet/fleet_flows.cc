#include "tools/fleet/fleet_flows.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "tools/common/units.h"
#include "tools/fleet/table_client.h"

namespace capstan::fleet::asking {

namespace {

using Json = nlohmann::json;

// What makes a conversation: equal columns, whatever file it is in. Which side is the client may
// differ between files; who takes the rows puts both together.
constexpr const char* kKey =
    "kind, flags, protocol, ethertype, vlan_outer, vlan_inner, client_port, server_port, "
    "if(kind = 0, hex(client_mac), '') AS client_hex, "
    "if(kind = 0, hex(server_mac), '') AS server_hex, tunnel, tunnel_id, inner_version, "
    "inner_protocol, inner_client_port, inner_server_port";
constexpr const char* kGroup =
    "kind, flags, protocol, ethertype, vlan_outer, vlan_inner, client, server, client_port, "
    "server_port, client_hex, server_hex, tunnel, tunnel_id, inner_version, inner_protocol, "
    "inner_client, inner_server, inner_client_port, inner_server_port";
constexpr const char* kSums =
    "IPv6NumToString(client) AS client_text, IPv6NumToString(server) AS server_text, "
    "IPv6NumToString(inner_client) AS inner_client_text, "
    "IPv6NumToString(inner_server) AS inner_server_text, "
    "min(first_ns) AS begins_ns, max(last_ns) AS ends_ns, argMin(client_first, first_ns) AS began, "
    "sum(client_packets) AS packets_c, sum(server_packets) AS packets_s, "
    "sum(client_bytes) AS bytes_c, sum(server_bytes) AS bytes_s, "
    "groupBitOr(client_tcp_flags) AS flags_c, groupBitOr(server_tcp_flags) AS flags_s, "
    "sum(lost) AS losses";

template <typename Number>
Number take(const Json& row, const char* column) {
  return static_cast<Number>(TableClient::number(row, column));
}

// The columns hold IPv4 as ::ffff:a.b.c.d, an Address has its four bytes in front.
Address address_of(const Json& row, const char* column, bool ip4) {
  Address stored{};
  if (::inet_pton(AF_INET6, TableClient::text(row, column).c_str(), stored.data()) != 1) {
    throw TableError(fmt::format("the database's answer has no address in '{}'", column));
  }
  if (!ip4) return stored;
  Address address{};
  std::copy_n(stored.begin() + 12, 4, address.begin());
  return address;
}

MacAddress mac_of(const Json& row, const char* column) {
  MacAddress mac{};
  const std::string bytes = TableClient::bytes(row, column);
  std::memcpy(mac.data(), bytes.data(), std::min(bytes.size(), mac.size()));
  return mac;
}

// The order of index_row.h: the lower address first, then the lower port; without addresses the
// lower MAC address.
bool stands_behind(const RowEnd& one, const RowEnd& other, bool by_address) noexcept {
  const int compared =
      by_address ? std::memcmp(one.address.data(), other.address.data(), one.address.size())
                 : std::memcmp(one.mac.data(), other.mac.data(), one.mac.size());
  return compared != 0 ? compared > 0 : one.port > other.port;
}

IndexRow row_of(const Json& json) {
  IndexRow row;
  row.kind = static_cast<RowKind>(take<std::uint8_t>(json, "kind"));
  row.flags = take<std::uint8_t>(json, "flags");
  row.protocol = take<std::uint8_t>(json, "protocol");
  row.ethertype = take<std::uint16_t>(json, "ethertype");
  row.vlans = {take<std::uint16_t>(json, "vlan_outer"), take<std::uint16_t>(json, "vlan_inner")};
  const bool ip4 = row.kind == RowKind::kIpv4 || row.kind == RowKind::kArp;
  RowEnd& client = row.ends[0];
  RowEnd& server = row.ends[1];
  client.address = address_of(json, "client_text", ip4);
  server.address = address_of(json, "server_text", ip4);
  client.port = take<std::uint16_t>(json, "client_port");
  server.port = take<std::uint16_t>(json, "server_port");
  client.mac = mac_of(json, "client_hex");
  server.mac = mac_of(json, "server_hex");
  client.packets = TableClient::number(json, "packets_c");
  server.packets = TableClient::number(json, "packets_s");
  client.bytes = TableClient::number(json, "bytes_c");
  server.bytes = TableClient::number(json, "bytes_s");
  client.tcp_flags = take<std::uint8_t>(json, "flags_c");
  server.tcp_flags = take<std::uint8_t>(json, "flags_s");
  row.first_ns = TableClient::number(json, "begins_ns");
  row.last_ns = TableClient::number(json, "ends_ns");
  row.initiator = TableClient::number(json, "began") != 0 ? 0 : 1;
  InnerFlow& inner = row.inner;
  inner.tunnel = static_cast<TunnelKind>(take<std::uint8_t>(json, "tunnel"));
  inner.tunnel_id = TableClient::number(json, "tunnel_id");
  inner.ip_version = take<std::uint8_t>(json, "inner_version");
  inner.protocol = take<std::uint8_t>(json, "inner_protocol");
  inner.addresses = {address_of(json, "inner_client_text", inner.ip_version == 4),
                     address_of(json, "inner_server_text", inner.ip_version == 4)};
  inner.ports = {take<std::uint16_t>(json, "inner_client_port"),
                 take<std::uint16_t>(json, "inner_server_port")};
  if (stands_behind(client, server, row.has_addresses())) {
    std::swap(client, server);
    std::swap(inner.addresses[0], inner.addresses[1]);
    std::swap(inner.ports[0], inner.ports[1]);
    row.initiator = static_cast<std::uint8_t>(1 - row.initiator);
  }
  return row;
}

SensorRows sensor_of(const Json& json) {
  SensorRows sensor;
  sensor.name = TableClient::bytes(json, "sensor_hex");
  sensor.files = TableClient::number(json, "files");
  sensor.last_ns = TableClient::number(json, "ends_ns");
  sensor.lost = TableClient::number(json, "losses");
  sensor.silent_files = TableClient::number(json, "silent");
  sensor.many_rows = TableClient::number(json, "unlisted");
  sensor.many_packets = TableClient::number(json, "unlisted_packets");
  return sensor;
}

// Rows that `files` says were sent, and that are not in `flows`.
void add_gone(TableClient& client, const TimeRange& range, std::vector<SensorRows>& sensors) {
  struct File {
    std::string sensor;
    std::uint64_t id = 0;
    std::uint64_t rows = 0;
  };
  std::vector<File> files;
  std::uint64_t first_ns = ~std::uint64_t{0};
  std::uint64_t last_ns = 0;
  client.select(
      fmt::format("SELECT DISTINCT hex(sensor) AS sensor_hex, file, rows, first_ns, last_ns FROM "
                  "files WHERE {}",
                  overlap_condition(range)),
      [&](const Json& row) {
        files.push_back({TableClient::bytes(row, "sensor_hex"), TableClient::number(row, "file"),
                         TableClient::number(row, "rows")});
        first_ns = std::min(first_ns, TableClient::number(row, "first_ns"));
        last_ns = std::max(last_ns, TableClient::number(row, "last_ns"));
      });
  const RowCounts counts = count_rows(client, first_ns, last_ns);
  for (const File& file : files) {
    const auto found = counts.find(file.id);
    const std::uint64_t had = found == counts.end() ? 0 : found->second;
    const auto sensor = std::find_if(sensors.begin(), sensors.end(), [&](const SensorRows& one) {
      return one.name == file.sensor;
    });
    if (sensor != sensors.end() && had < file.rows) sensor->rows_gone += file.rows - had;
  }
}

std::vector<SensorRows> in_order(const FleetFile& fleet, std::vector<SensorRows> found) {
  std::vector<SensorRows> list;
  for (const Sensor& sensor : fleet.sensors) {
    const auto same = std::find_if(found.begin(), found.end(),
                                   [&](const SensorRows& one) { return one.name == sensor.name; });
    SensorRows rows;
    if (same != found.end()) {
      rows = std::move(*same);
      found.erase(same);
    }
    rows.name = sensor.name;
    rows.named = true;
    list.push_back(std::move(rows));
  }
  for (SensorRows& other : found) {
    other.name = tools::visible_text(other.name);
    list.push_back(std::move(other));
  }
  return list;
}

}  // namespace

std::vector<SensorRows> ask_flows(
    const FleetFile& fleet, const FleetQuestion& question, tools::LinkFilter& filter,
    const std::atomic<bool>& stop,
    const std::function<void(const IndexRow& row, std::uint64_t lost)>& take_row) {
  if (fleet.database.url.empty()) {
    throw UsageError(fmt::format("{}: conversations are asked of its [database], and it names none",
                                 fleet.path));
  }
  TableClient client(fleet, stop);
  const ServerVersion version = ask_version(client);
  std::vector<SensorRows> sensors;
  std::uint64_t first_ns = ~std::uint64_t{0};
  client.select(
      // A row may be there twice, see fleet_tables.cc.
      fmt::format("SELECT hex(sensor) AS sensor_hex, count() AS files, min(first_ns) AS begins_ns, "
                  "max(last_ns) AS ends_ns, sum(lost) AS losses, sum(has_ledger = 0) AS silent, "
                  "sum(many_rows) AS unlisted, sum(many_packets) AS unlisted_packets FROM "
                  "(SELECT file, sensor, first_ns, last_ns, lost, has_ledger, many_rows, "
                  "many_packets FROM files WHERE {} LIMIT 1 BY file) GROUP BY sensor "
                  "ORDER BY sensor",
                  overlap_condition(question.range)),
      [&](const Json& row) {
        first_ns = std::min(first_ns, TableClient::number(row, "begins_ns"));
        sensors.push_back(sensor_of(row));
      });
  if (sensors.empty()) return in_order(fleet, {});
  std::vector<std::string> names;
  for (const Sensor& sensor : fleet.sensors) names.push_back(sql_text(sensor.name));
  client.select(
      fmt::format("SELECT {}, {} FROM flows WHERE {} AND sensor IN ({}) AND {} GROUP BY {}", kKey,
                  kSums, period_condition(question.range, first_ns), joined(names, ", "),
                  filter_condition(question, filter, version), kGroup),
      [&](const Json& row) { take_row(row_of(row), TableClient::number(row, "losses")); });
  add_gone(client, question.range, sensors);
  return in_order(fleet, std::move(sensors));
}

}  // namespace capstan::fleet::asking
