#include "tools/flows/flow_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "engine/core/clock.h"
#include "engine/flow/community_id.h"
#include "tools/common/append_format.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

std::string seconds_text(std::uint64_t ns) {
  return fmt::format("{}.{:06}", ns / kNanosecondsPerSecond, ns % kNanosecondsPerSecond / 1000);
}

std::string with_port(const FlowKey& key, std::size_t end) {
  std::string text = end_text(key, end);
  if (key.has_ports == 0) return text;
  return ip_version(key) == 6 ? fmt::format("[{}]:{}", text, key.ports[end])
                              : fmt::format("{}:{}", text, key.ports[end]);
}

// "SAF" of the flags seen, in the order of the header from its upper end.
std::string flags_text(std::uint8_t flags) {
  constexpr std::array<std::pair<std::uint8_t, char>, 8> kFlags = {{{0x02, 'S'},
                                                                    {0x10, 'A'},
                                                                    {0x08, 'P'},
                                                                    {0x01, 'F'},
                                                                    {0x04, 'R'},
                                                                    {0x20, 'U'},
                                                                    {0x40, 'E'},
                                                                    {0x80, 'W'}}};
  std::string text;
  for (const auto& [bit, letter] : kFlags) {
    if ((flags & bit) != 0) text.push_back(letter);
  }
  return text.empty() ? "-" : text;
}

const char* tunnel_name(std::uint8_t tunnel) {
  switch (static_cast<TunnelKind>(tunnel)) {
    case TunnelKind::kNone:
      return "";
    case TunnelKind::kIpInIp:
      return "ipip";
    case TunnelKind::kGre:
      return "gre";
    case TunnelKind::kVxlan:
      return "vxlan";
    case TunnelKind::kGeneve:
      return "geneve";
    case TunnelKind::kGtpUser:
      return "gtp";
    case TunnelKind::kMpls:
      return "mpls";
    case TunnelKind::kPppoe:
      return "pppoe";
    case TunnelKind::kNvgre:
      return "nvgre";
    case TunnelKind::kErspan:
      return "erspan";
  }
  return "tunnel";
}

std::string community_text(const Flow& flow) {
  const FlowKey& key = flow.key;
  if (key.kind != RowKind::kIpv4 && key.kind != RowKind::kIpv6) return {};
  FlowEnds ends;
  const std::size_t from = flow.initiator;
  ends.source = key.addresses[from];
  ends.destination = key.addresses[1 - from];
  ends.source_port = key.ports[from];
  ends.destination_port = key.ports[1 - from];
  ends.protocol = key.protocol;
  ends.ip_version = ip_version(key);
  return community_id(ends);
}

std::string inner_text(const FlowKey& key, std::size_t end) {
  if (key.inner_version == 0) return {};
  return fmt::format("{}:{}", address_text(key.inner_addresses[end], key.inner_version),
                     key.inner_ports[end]);
}

// A field of text from the wire: in quotation marks where it could end the field (RFC 4180).
std::string csv_field(const std::string& text) {
  const std::string safe = printable(text);
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

// " tls example.org", or nothing.
std::string application_text(const Flow& flow) {
  if (!flow.application) return {};
  const FlowApplication& known = *flow.application;
  std::string text(1, ' ');
  text += known.protocol;
  if (!known.server_name.empty()) text.append(1, ' ').append(printable(known.server_name));
  return text;
}

std::string csv_line(const Flow& flow) {
  const FlowKey& key = flow.key;
  const std::size_t from = flow.initiator;
  const std::size_t to = 1 - from;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                     utc_time(flow.first_ns), utc_time(flow.last_ns),
                     seconds_text(flow.duration_ns()), protocol_text(key), end_text(key, from),
                     key.has_ports != 0 ? fmt::format("{}", key.ports[from]) : "",
                     end_text(key, to), key.has_ports != 0 ? fmt::format("{}", key.ports[to]) : "",
                     flow.packets[from], flow.packets[to], flow.bytes[from], flow.bytes[to],
                     flags_text(flow.tcp_flags[from]), flags_text(flow.tcp_flags[to]),
                     key.vlans[0] & 0xfff, key.vlans[1] & 0xfff, tunnel_name(key.tunnel),
                     key.tunnel != 0 ? fmt::format("{}", key.tunnel_id) : "", inner_text(key, from),
                     inner_text(key, to), flow.lost, community_text(flow),
                     flow.application ? flow.application->protocol : std::string(),
                     flow.application ? csv_field(flow.application->server_name) : std::string());
}

std::string json_line(const Flow& flow) {
  const FlowKey& key = flow.key;
  const std::size_t from = flow.initiator;
  const std::size_t to = 1 - from;
  std::string text =
      fmt::format(R"({{"timestamp":"{}","event_type":"flow")", flow_time(flow.last_ns));
  if ((key.vlans[0] & 0xfff) != 0) {
    append_format(text, R"(,"vlan":[{})", key.vlans[0] & 0xfff);
    if ((key.vlans[1] & 0xfff) != 0) append_format(text, ",{}", key.vlans[1] & 0xfff);
    append_format(text, "]");
  }
  const bool has_addresses = ip_version(key) != 0;
  append_format(text, R"(,"{}":"{}")", has_addresses ? "src_ip" : "src_mac", end_text(key, from));
  if (key.has_ports != 0) append_format(text, R"(,"src_port":{})", key.ports[from]);
  append_format(text, R"(,"{}":"{}")", has_addresses ? "dest_ip" : "dest_mac", end_text(key, to));
  if (key.has_ports != 0) append_format(text, R"(,"dest_port":{})", key.ports[to]);
  std::string protocol = protocol_text(key);
  std::transform(protocol.begin(), protocol.end(), protocol.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  append_format(text, R"(,"proto":"{}")", protocol);
  if (flow.application) {
    append_format(text, R"(,"app_proto":"{}")", flow.application->protocol);
    if (!flow.application->server_name.empty()) {
      append_format(text, R"(,"{}":{{"sni":{}}})",
                    flow.application->protocol == "quic" ? "quic" : "tls",
                    json_string(flow.application->server_name));
    }
  }
  const std::string community = community_text(flow);
  if (!community.empty()) append_format(text, R"(,"community_id":"{}")", community);
  append_format(
      text,
      R"(,"flow":{{"pkts_toserver":{},"pkts_toclient":{},"bytes_toserver":{},"bytes_toclient":{})",
      flow.packets[from], flow.packets[to], flow.bytes[from], flow.bytes[to]);
  append_format(text, R"(,"start":"{}","end":"{}","age":{},"packets_lost_meanwhile":{}}})",
                flow_time(flow.first_ns), flow_time(flow.last_ns),
                flow.duration_ns() / kNanosecondsPerSecond, flow.lost);
  if (key.protocol == 6 && has_addresses) {
    append_format(
        text, R"(,"tcp":{{"tcp_flags":"{:02x}","tcp_flags_ts":"{:02x}","tcp_flags_tc":"{:02x}"}})",
        flow.tcp_flags[0] | flow.tcp_flags[1], flow.tcp_flags[from], flow.tcp_flags[to]);
  }
  if (key.tunnel != 0) {
    append_format(text, R"(,"tunnel":{{"type":"{}","id":{})", tunnel_name(key.tunnel),
                  key.tunnel_id);
    if (key.inner_version != 0) {
      append_format(text,
                    R"(,"src_ip":"{}","src_port":{},"dest_ip":"{}","dest_port":{},"proto":{})",
                    address_text(key.inner_addresses[from], key.inner_version),
                    key.inner_ports[from], address_text(key.inner_addresses[to], key.inner_version),
                    key.inner_ports[to], key.inner_protocol);
    }
    append_format(text, "}}");
  }
  append_format(text, "}}\n");
  return text;
}

}  // namespace

std::string flow_time(std::uint64_t ns) {
  const std::string utc = utc_time(ns);  // ...T14:05:30.250000000Z
  return utc.substr(0, utc.size() - 4) + "+0000";
}

std::string flow_head(FlowStyle style) {
  if (style == FlowStyle::kJson) return {};
  if (style == FlowStyle::kCsv) {
    return "start,end,duration_s,protocol,source,source_port,destination,destination_port,"
           "packets_out,packets_in,bytes_out,bytes_in,flags_out,flags_in,vlan,inner_vlan,tunnel,"
           "tunnel_id,inner_source,inner_destination,packets_lost_meanwhile,community_id,"
           "app_protocol,server_name\n";
  }
  return fmt::format("{:<26} {:>10} {:<6} {:<42} {:<42} {:>9} {:>9} {:>10} {:>10} {:<6} {:>4} {}\n",
                     "start", "seconds", "proto", "from", "to", "packets", "back", "bytes", "back",
                     "flags", "lost", "app");
}

std::string flow_line(const Flow& flow, FlowStyle style) {
  if (style == FlowStyle::kCsv) return csv_line(flow);
  if (style == FlowStyle::kJson) return json_line(flow);
  const std::size_t from = flow.initiator;
  const std::size_t to = 1 - from;
  return fmt::format("{:<26} {:>10} {:<6} {:<42} {:<42} {:>9} {:>9} {:>10} {:>10} {:<6} {:>4}{}\n",
                     local_time(flow.first_ns).substr(0, 26), seconds_text(flow.duration_ns()),
                     protocol_text(flow.key), with_port(flow.key, from), with_port(flow.key, to),
                     flow.packets[from], flow.packets[to], flow.bytes[from], flow.bytes[to],
                     flags_text(static_cast<std::uint8_t>(flow.tcp_flags[0] | flow.tcp_flags[1])),
                     flow.lost, application_text(flow));
}

}  // namespace capstan::tools
