#include "tools/flows/flow_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "engine/flow/community_id.h"
#include "tools/common/protocol_name.h"

namespace capstan::tools {

namespace {

void mix(std::size_t& hash, std::uint64_t value) noexcept {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  hash *= 0xff51afd7ed558ccdULL;
}

std::uint64_t word(const std::uint8_t* at) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

FlowKey key_of(const IndexRow& row) {
  FlowKey key;
  key.kind = row.kind;
  key.protocol = row.kind == RowKind::kOther ? 0 : row.protocol;
  key.has_ports = row.has_ports() ? 1 : 0;
  key.ethertype = row.ethertype;
  key.vlans = row.vlans;
  for (std::size_t end = 0; end < 2; ++end) {
    key.addresses[end] = row.ends[end].address;
    key.ports[end] = row.ends[end].port;
    if (!row.has_addresses()) key.macs[end] = row.ends[end].mac;
  }
  if (row.has(row_flag::kInner)) {
    key.tunnel = static_cast<std::uint8_t>(row.inner.tunnel);
    key.tunnel_id = row.inner.tunnel_id;
    key.inner_addresses = row.inner.addresses;
    key.inner_ports = row.inner.ports;
    key.inner_protocol = row.inner.protocol;
    key.inner_version = row.inner.ip_version;
  }
  return key;
}

}  // namespace

std::size_t FlowKeyHash::operator()(const FlowKey& key) const noexcept {
  std::size_t hash = static_cast<std::size_t>(key.kind);
  for (std::size_t end = 0; end < 2; ++end) {
    mix(hash, word(key.addresses[end].data()));
    mix(hash, word(key.addresses[end].data() + 8));
    mix(hash, word(key.inner_addresses[end].data()) ^ key.ports[end]);
    mix(hash, word(key.inner_addresses[end].data() + 8) ^ key.inner_ports[end]);
    std::uint64_t mac = 0;
    std::memcpy(&mac, key.macs[end].data(), key.macs[end].size());
    mix(hash, mac ^ std::uint64_t{key.vlans[end]} << 48);
  }
  mix(hash, key.tunnel_id ^ std::uint64_t{key.protocol} << 40 ^ std::uint64_t{key.ethertype} << 16);
  return hash;
}

void FlowBook::add(const IndexRow& row, std::uint64_t lost) {
  const FlowKey key = key_of(row);
  auto found = known_.find(key);
  if (found == known_.end()) {
    if (flows_.size() >= most_flows_) {
      ++rest_.rows;
      rest_.packets += row.packets();
      rest_.bytes += row.bytes();
      return;
    }
    found = known_.emplace(key, flows_.size()).first;
    Flow flow;
    flow.key = key;
    flow.first_ns = row.first_ns;
    flow.initiator = row.initiator;
    flows_.push_back(flow);
  }
  Flow& flow = flows_[found->second];
  if (row.first_ns < flow.first_ns) {
    flow.first_ns = row.first_ns;
    flow.initiator = row.initiator;
  }
  flow.last_ns = std::max(flow.last_ns, row.last_ns);
  for (std::size_t end = 0; end < 2; ++end) {
    flow.packets[end] += row.ends[end].packets;
    flow.bytes[end] += row.ends[end].bytes;
    flow.tcp_flags[end] = static_cast<std::uint8_t>(flow.tcp_flags[end] | row.ends[end].tcp_flags);
  }
  flow.lost += lost;
}

std::uint8_t ip_version(const FlowKey& key) noexcept {
  if (key.kind == RowKind::kIpv4 || key.kind == RowKind::kArp) return 4;
  return key.kind == RowKind::kIpv6 ? 6 : 0;
}

std::string end_text(const FlowKey& key, std::size_t end) {
  if (ip_version(key) != 0) return address_text(key.addresses[end], ip_version(key));
  const MacAddress& mac = key.macs[end];
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3],
                     mac[4], mac[5]);
}

std::string protocol_text(const FlowKey& key) {
  if (key.kind == RowKind::kArp) return key.ethertype == 0x8035 ? "rarp" : "arp";
  if (key.kind == RowKind::kOther) {
    return key.ethertype == 0 ? std::string("llc") : fmt::format("{:#06x}", key.ethertype);
  }
  return ip_protocol_name(key.protocol);
}

}  // namespace capstan::tools
