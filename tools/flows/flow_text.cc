#include "tools/flows/flow_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>

#include "engine/core/clock.h"
#include "engine/flow/community_id.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

std::string seconds_text(std::uint64_t ns) {
  return fmt::format("{}.{:06}", ns / kNanosecondsPerSecond, ns % kNanosecondsPerSecond / 1000);
}

// As EVE has it: "2026-11-27T14:05:30.250000+0000".
std::string eve_time(std::uint64_t ns) {
  const std::string utc = utc_time(ns);  // ...T14:05:30.250000000Z
  return utc.substr(0, utc.size() - 4) + "+0000";
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

std::string csv_line(const Flow& flow) {
  const FlowKey& key = flow.key;
  const std::size_t from = flow.initiator;
  const std::size_t to = 1 - from;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                     utc_time(flow.first_ns), utc_time(flow.last_ns),
                     seconds_text(flow.duration_ns()), protocol_text(key), end_text(key, from),
                     key.has_ports != 0 ? fmt::format("{}", key.ports[from]) : "",
                     end_text(key, to), key.has_ports != 0 ? fmt::format("{}", key.ports[to]) : "",
                     flow.packets[from], flow.packets[to], flow.bytes[from], flow.bytes[to],
                     flags_text(flow.tcp_flags[from]), flags_text(flow.tcp_flags[to]),
                     key.vlans[0] & 0xfff, key.vlans[1] & 0xfff, tunnel_name(key.tunnel),
                     key.tunnel != 0 ? fmt::format("{}", key.tunnel_id) : "", inner_text(key, from),
                     inner_text(key, to), flow.lost, community_text(flow));
}

std::string json_line(const Flow& flow) {
  const FlowKey& key = flow.key;
  const std::size_t from = flow.initiator;
  const std::size_t to = 1 - from;
  std::string text =
      fmt::format(R"({{"timestamp":"{}","event_type":"flow")", eve_time(flow.last_ns));
  const auto out = std::back_inserter(text);
  if ((key.vlans[0] & 0xfff) != 0) {
    fmt::format_to(out, R"(,"vlan":[{})", key.vlans[0] & 0xfff);
    if ((key.vlans[1] & 0xfff) != 0) fmt::format_to(out, ",{}", key.vlans[1] & 0xfff);
    fmt::format_to(out, "]");
  }
  const bool has_addresses = ip_version(key) != 0;
  fmt::format_to(out, R"(,"{}":"{}")", has_addresses ? "src_ip" : "src_mac", end_text(key, from));
  if (key.has_ports != 0) fmt::format_to(out, R"(,"src_port":{})", key.ports[from]);
  fmt::format_to(out, R"(,"{}":"{}")", has_addresses ? "dest_ip" : "dest_mac", end_text(key, to));
  if (key.has_ports != 0) fmt::format_to(out, R"(,"dest_port":{})", key.ports[to]);
  std::string protocol = protocol_text(key);
  std::transform(protocol.begin(), protocol.end(), protocol.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  fmt::format_to(out, R"(,"proto":"{}")", protocol);
  const std::string community = community_text(flow);
  if (!community.empty()) fmt::format_to(out, R"(,"community_id":"{}")", community);
  fmt::format_to(
      out,
      R"(,"flow":{{"pkts_toserver":{},"pkts_toclient":{},"bytes_toserver":{},"bytes_toclient":{})",
      flow.packets[from], flow.packets[to], flow.bytes[from], flow.bytes[to]);
  fmt::format_to(out, R"(,"start":"{}","end":"{}","age":{},"packets_lost_meanwhile":{}}})",
                 eve_time(flow.first_ns), eve_time(flow.last_ns),
                 flow.duration_ns() / kNanosecondsPerSecond, flow.lost);
  if (key.protocol == 6 && has_addresses) {
    fmt::format_to(
        out, R"(,"tcp":{{"tcp_flags":"{:02x}","tcp_flags_ts":"{:02x}","tcp_flags_tc":"{:02x}"}})",
        flow.tcp_flags[0] | flow.tcp_flags[1], flow.tcp_flags[from], flow.tcp_flags[to]);
  }
  if (key.tunnel != 0) {
    fmt::format_to(out, R"(,"tunnel":{{"type":"{}","id":{})", tunnel_name(key.tunnel),
                   key.tunnel_id);
    if (key.inner_version != 0) {
      fmt::format_to(
          out, R"(,"src_ip":"{}","src_port":{},"dest_ip":"{}","dest_port":{},"proto":{})",
          address_text(key.inner_addresses[from], key.inner_version), key.inner_ports[from],
          address_text(key.inner_addresses[to], key.inner_version), key.inner_ports[to],
          key.inner_protocol);
    }
    fmt::format_to(out, "}}");
  }
  fmt::format_to(out, "}}\n");
  return text;
}

}  // namespace

std::string flow_head(FlowStyle style) {
  if (style == FlowStyle::kJson) return {};
  if (style == FlowStyle::kCsv) {
    return "start,end,duration_s,protocol,source,source_port,destination,destination_port,"
           "packets_out,packets_in,bytes_out,bytes_in,flags_out,flags_in,vlan,inner_vlan,tunnel,"
           "tunnel_id,inner_source,inner_destination,packets_lost_meanwhile,community_id\n";
  }
  return fmt::format("{:<26} {:>10} {:<6} {:<42} {:<42} {:>9} {:>9} {:>10} {:>10} {:<6} {}\n",
                     "start", "seconds", "proto", "from", "to", "packets", "back", "bytes", "back",
                     "flags", "lost");
}

std::string flow_line(const Flow& flow, FlowStyle style) {
  if (style == FlowStyle::kCsv) return csv_line(flow);
  if (style == FlowStyle::kJson) return json_line(flow);
  const std::size_t from = flow.initiator;
  const std::size_t to = 1 - from;
  return fmt::format("{:<26} {:>10} {:<6} {:<42} {:<42} {:>9} {:>9} {:>10} {:>10} {:<6} {}\n",
                     local_time(flow.first_ns).substr(0, 26), seconds_text(flow.duration_ns()),
                     protocol_text(flow.key), with_port(flow.key, from), with_port(flow.key, to),
                     flow.packets[from], flow.packets[to], flow.bytes[from], flow.bytes[to],
                     flags_text(static_cast<std::uint8_t>(flow.tcp_flags[0] | flow.tcp_flags[1])),
                     flow.lost);
}

namespace {

class TalkerSums {
 public:
  void add(const std::string& name, const Flow& flow, std::uint64_t sent_bytes) {
    const auto [entry, is_new] = known_.try_emplace(name, talkers_.size());
    if (is_new) {
      talkers_.emplace_back();
      talkers_.back().name = name;
      talkers_.back().first_ns = flow.first_ns;
    }
    Talker& talker = talkers_[entry->second];
    ++talker.flows;
    talker.packets += flow.all_packets();
    talker.bytes += flow.all_bytes();
    talker.sent_bytes += sent_bytes;
    talker.first_ns = std::min(talker.first_ns, flow.first_ns);
    talker.last_ns = std::max(talker.last_ns, flow.last_ns);
  }
  std::vector<Talker> take() { return std::move(talkers_); }

 private:
  std::unordered_map<std::string, std::size_t> known_;
  std::vector<Talker> talkers_;
};

// The server is who was spoken to first; its port names the service.
std::string service_of(const Flow& flow) {
  const FlowKey& key = flow.key;
  if (key.has_ports == 0) return protocol_text(key);
  return fmt::format("{}/{}", protocol_text(key), key.ports[1 - flow.initiator]);
}

}  // namespace

std::vector<Talker> talkers_of(const std::vector<Flow>& flows, Talkers kind) {
  TalkerSums sums;
  for (const Flow& flow : flows) {
    const std::string ends[2] = {end_text(flow.key, 0), end_text(flow.key, 1)};
    if (kind == Talkers::kService) {
      sums.add(service_of(flow), flow, flow.bytes[1 - flow.initiator]);
    } else if (kind == Talkers::kPair) {
      sums.add(ends[0] + " " + ends[1], flow, flow.bytes[0]);
    } else {
      sums.add(ends[0], flow, flow.bytes[0]);
      if (ends[1] != ends[0]) sums.add(ends[1], flow, flow.bytes[1]);
    }
  }
  return sums.take();
}

std::string talker_head(FlowStyle style, Talkers kind) {
  const char* const name = kind == Talkers::kService ? "service"
                           : kind == Talkers::kPair  ? "pair"
                                                     : "host";
  if (style == FlowStyle::kJson) return {};
  if (style == FlowStyle::kCsv) {
    return fmt::format("{},flows,packets,bytes,bytes_sent,start,end\n", name);
  }
  return fmt::format("{:<50} {:>10} {:>12} {:>16} {:>16}\n", name, "flows", "packets", "bytes",
                     "sent");
}

std::string talker_line(const Talker& talker, FlowStyle style, Talkers kind) {
  if (style == FlowStyle::kTable) {
    return fmt::format("{:<50} {:>10} {:>12} {:>16} {:>16}\n", talker.name, talker.flows,
                       talker.packets, talker.bytes, talker.sent_bytes);
  }
  if (style == FlowStyle::kCsv) {
    return fmt::format("{},{},{},{},{},{},{}\n", talker.name, talker.flows, talker.packets,
                       talker.bytes, talker.sent_bytes, utc_time(talker.first_ns),
                       utc_time(talker.last_ns));
  }
  const char* const name = kind == Talkers::kService ? "service"
                           : kind == Talkers::kPair  ? "pair"
                                                     : "host";
  return fmt::format(
      R"({{"{}":"{}","flows":{},"packets":{},"bytes":{},"bytes_sent":{},"start":"{}","end":"{}"}})"
      "\n",
      name, talker.name, talker.flows, talker.packets, talker.bytes, talker.sent_bytes,
      eve_time(talker.first_ns), eve_time(talker.last_ns));
}

}  // namespace capstan::tools
