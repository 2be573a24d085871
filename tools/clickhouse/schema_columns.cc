// The columns of the tables. clickhouse_format.cc writes values in this order.
#include "tools/clickhouse/schema.h"

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
    {"audited", Wire::kUInt8, "1: all of it; 2: in part; 0: app_protocol and findings are empty"},
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

}  // namespace

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

std::string columns_text(Table table) {
  std::string text;
  for (const Column& column : columns(table)) {
    if (!text.empty()) text += ',';
    text += sql_name(column.name);
  }
  return text;
}

}  // namespace capstan::fleet
