// Neighbor Discovery options (RFC 4861 section 4.6, RFC 8106, RFC 4191, RFC 6275).
#include "tools/text/ip/icmp6_parts.h"

namespace capstan::text {

namespace {

enum Kind : std::uint8_t {
  kSourceAddress = 1,
  kTargetAddress = 2,
  kPrefix = 3,
  kRedirected = 4,
  kMtu = 5,
  kInterval = 7,
  kHomeAgent = 8,
  kRoute = 24,
  kDnsServers = 25,
  kDnsSearch = 31,
};
constexpr Token kKinds[] = {
    {kSourceAddress, "source link-address"},
    {kTargetAddress, "destination link-address"},
    {kPrefix, "prefix info"},
    {kRedirected, "redirected header"},
    {kMtu, "mtu"},
    {kDnsServers, "rdnss"},
    {kDnsSearch, "dnssl"},
    {kInterval, "advertisement interval"},
    {kHomeAgent, "homeagent information"},
    {kRoute, "route info"},
};
constexpr Token kPrefixFlags[] = {{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}};
constexpr Token kPreferences[] = {
    {0x00, "medium"}, {0x08, "high"}, {0x10, "reserved"}, {0x18, "low"}};

void put_lifetime(Printer& p, std::uint32_t seconds) {
  if (seconds == 0xffffffff) {
    p.out.put("infinity");
  } else {
    p.out.dec(seconds).put('s');
  }
}

void put_prefix(Printer& p, const Input& option) {
  if (!option.need(16, 16)) return;
  p.host6(option.at(16, 16)).put('/').dec(option.u8(2)).put(", Flags [");
  p.bits(kPrefixFlags, option.u8(3)).put("], valid time ");
  put_lifetime(p, option.be32(4));
  p.out.put(", pref. time ");
  put_lifetime(p, option.be32(8));
}

// RFC 1035 labels to the end of the option, each name's ended by an empty one.
void put_search_list(Printer& p, const Input& option, std::size_t size) {
  p.out.put(" lifetime ").dec(option.be32(4)).put("s, domain(s):");
  std::size_t at = 8;
  while (at < size && !p.truncated() && option.u8(at) != 0) {
    p.out.put(' ');
    while (at < size && !p.truncated()) {
      const std::size_t label = option.u8(at);
      ++at;
      if (label == 0) break;
      p.safe_text(option.from(at), label).put('.');
      at += label;
    }
  }
}

void put_route(Printer& p, const Input& option, std::size_t size) {
  std::uint8_t address[16] = {};
  const std::size_t bytes = size > 8 ? (size - 8 < 16 ? size - 8 : 16) : 0;
  if (!option.need(8, bytes)) return;
  for (std::size_t i = 0; i < bytes; ++i) address[i] = option.bytes().u8(8 + i);
  p.out.put(' ');
  p.host6(address).put('/').dec(option.u8(2)).put(", pref=");
  p.token(kPreferences, option.u8(3) & 0x18, "#");
  p.out.put(", lifetime=");
  put_lifetime(p, option.be32(4));
}

// False when nothing is known of it, so that the rest is left out.
bool put_value(Printer& p, const Input& option, std::uint8_t kind, std::size_t size) {
  switch (kind) {
    case kSourceAddress:
    case kTargetAddress:
      if (option.need(2, size - 2)) p.out.mac(option.data() + 2, size - 2);
      return true;
    case kPrefix:
      put_prefix(p, option);
      return true;
    case kRedirected:
      p.hex_data(option, "\n\t    ", size);
      return true;
    case kMtu: {
      const std::uint32_t mtu = option.be32(4);
      p.out.put(' ').dec(mtu);
      if (size != 8) p.out.put(", bad option length ").dec(size / 8);
      return true;
    }
    case kDnsServers:
      p.out.put(" lifetime ").dec(option.be32(4)).put("s,");
      for (std::size_t at = 8; at + 16 <= size && !p.truncated(); at += 16) {
        p.out.put(" addr: ");
        p.host6(option.at(at, 16));
      }
      return true;
    case kDnsSearch:
      put_search_list(p, option, size);
      return true;
    case kInterval: {
      const std::uint32_t interval = option.be32(4);
      p.out.put(' ').dec(interval).put("ms");
      return true;
    }
    case kHomeAgent:
      p.out.put(" preference ").dec(option.be16(4)).put(", lifetime ").dec(option.be16(6));
      return true;
    case kRoute:
      put_route(p, option, size);
      return true;
    default:
      return false;
  }
}

}  // namespace

void print_nd_options(Printer& p, Input in) {
  while (in.captured() > 0 && !p.truncated()) {
    if (!in.need(0, 2)) return;
    const std::uint8_t kind = in.u8(0);
    const std::size_t units = in.u8(1);
    const std::size_t size = units * 8;
    if (units == 0 || !in.has(0, size)) {
      p.truncate();
      return;
    }
    p.out.put("\n\t  ");
    const char* name = find_token(kKinds, kind);
    p.out.put(name != nullptr ? name : "unknown").put(" option (").dec(kind);
    p.out.put("), length ").dec(size).put(" (").dec(units).put("): ");
    if (!put_value(p, in, kind, size)) {
      if (p.options.verbosity <= 1) {
        p.hex_data(in.from(2), "\n\t  ", size - 2);
        return;
      }
    }
    if (p.options.verbosity > 1) p.hex_data(in.from(2), "\n\t    ", size - 2);
    in = in.from(size);
  }
}

}  // namespace capstan::text
