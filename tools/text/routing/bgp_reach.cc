// BGP's multiprotocol attributes (RFC 4760): what is reachable, by address family.
#include "tools/text/fields.h"
#include "tools/text/routing/bgp.h"

namespace capstan::text {

namespace {

enum Family : std::uint16_t { kIpv4 = 1, kIpv6 = 2, kNsap = 3, kVpls = 25, kLayer2 = 196 };
enum Subfamily : std::uint8_t {
  kUnicast = 1,
  kMulticast = 2,
  kBoth = 3,
  kLabeled = 4,
  kMulticastVpn = 5,
  kVplsRoutes = 65,
  kMdt = 66,
  kVpnUnicast = 128,
  kVpnMulticast = 129,
  kVpnBoth = 130,
  kRouteTarget = 132,
};
// https://www.iana.org/assignments/address-family-numbers
constexpr Token kFamilies[] = {
    {0, "Reserved"},      {kIpv4, "IPv4"},
    {kIpv6, "IPv6"},      {kNsap, "NSAP"},
    {4, "HDLC"},          {5, "BBN 1822"},
    {6, "802"},           {7, "E.163"},
    {8, "E.164"},         {9, "F.69"},
    {10, "X.121"},        {11, "Novell IPX"},
    {12, "Appletalk"},    {13, "Decnet IV"},
    {14, "Banyan Vines"}, {15, "E.164 with NSAP subaddress"},
    {kVpls, "VPLS"},      {kLayer2, "Layer-2 VPN"},
};
constexpr Token kSubfamilies[] = {{kUnicast, "Unicast"},
                                  {kMulticast, "Multicast"},
                                  {kBoth, "Unicast+Multicast"},
                                  {kLabeled, "labeled Unicast"},
                                  {kMulticastVpn, "Multicast VPN"},
                                  {64, "Tunnel"},
                                  {kVplsRoutes, "VPLS"},
                                  {kMdt, "MDT"},
                                  {70, "EVPN"},
                                  {kVpnUnicast, "labeled VPN Unicast"},
                                  {kVpnMulticast, "labeled VPN Multicast"},
                                  {kVpnBoth, "labeled VPN Unicast+Multicast"},
                                  {kRouteTarget, "Route Target Routing Information"}};

constexpr std::size_t kDistinguisherBytes = 8;
constexpr std::size_t kLabelBytes = 3;

enum class Routes {
  kUnknown,
  kPrefixes,
  kLabeledPrefixes,
  kVpnPrefixes,
  kRouteTargets,
  kMulticastVpn,
  kMdt,
  kLayer2
};

Routes routes_of(std::uint16_t family, std::uint8_t subfamily) noexcept {
  const bool plain = subfamily >= kUnicast && subfamily <= kBoth;
  const bool vpn = subfamily >= kVpnUnicast && subfamily <= kVpnBoth;
  switch (family) {
    case kIpv4:
      if (subfamily == kRouteTarget) return Routes::kRouteTargets;
      if (subfamily == kMulticastVpn) return Routes::kMulticastVpn;
      if (subfamily == kMdt) return Routes::kMdt;
      [[fallthrough]];
    case kIpv6:
      if (subfamily == kLabeled) return Routes::kLabeledPrefixes;
      [[fallthrough]];
    case kNsap:
      return plain ? Routes::kPrefixes : vpn ? Routes::kVpnPrefixes : Routes::kUnknown;
    case kVpls:
      return subfamily == kVplsRoutes ? Routes::kLayer2 : Routes::kUnknown;
    case kLayer2:
      return vpn ? Routes::kLayer2 : Routes::kUnknown;
    default:
      return Routes::kUnknown;
  }
}

// "47.0005.8000": a byte, then pairs of them.
void put_nsap(Printer& p, const Input& in, std::size_t at, std::size_t size) {
  for (std::size_t i = 0; i < size && !p.truncated(); ++i) {
    if (i % 2 != 0) p.out.put('.');
    p.out.hex(in.u8(at + i), 2);
  }
}

std::size_t address_bytes(std::uint16_t family) noexcept {
  return family == kIpv4 ? 4 : family == kIpv6 ? 16 : 20;
}

// Prefix of `bits` at `at`, in as many bytes as it takes.
void put_prefix(Printer& p, const Input& in, std::size_t at, std::size_t bits,
                std::uint16_t family) {
  const std::size_t bytes = (bits + 7) / 8;
  if (!in.need(at, bytes)) return;
  if (family == kNsap) {
    put_nsap(p, in, at, bytes);
  } else {
    std::uint8_t address[16] = {};
    for (std::size_t i = 0; i < bytes; ++i) address[i] = in.u8(at + i);
    if (bits % 8 != 0) {
      address[bytes - 1] = static_cast<std::uint8_t>(address[bytes - 1] & 0xff00U >> bits % 8);
    }
    if (family == kIpv4) p.out.ipv4(address);
    if (family == kIpv6) p.out.ipv6(address);
  }
  p.out.put('/').dec(bits);
}

void put_label(Printer& p, const Input& in, std::size_t at) {
  const std::uint32_t label = in.be24(at);
  p.out.put(", label:")
      .dec(label >> 4)
      .put((label & 1U) != 0 ? " (bottom)" : " (BOGUS: Bottom of Stack NOT set!)");
}

// What stands in front of a prefix (a label, a route distinguisher) is part of its length.
bool put_prefixes(Printer& p, Input in, std::uint16_t family, Routes routes) {
  const bool labeled = routes != Routes::kPrefixes;
  const bool vpn = routes == Routes::kVpnPrefixes;
  const std::size_t head = (labeled ? kLabelBytes : 0) + (vpn ? kDistinguisherBytes : 0);
  while (in.length() > 0 && !p.truncated()) {
    const std::size_t whole = in.u8(0);
    if (whole < head * 8 || whole - head * 8 > address_bytes(family) * 8) {
      p.out.put("\n\t    (illegal prefix length)");
      return false;
    }
    const std::size_t bytes = (whole + 7) / 8;
    if (!in.need(1, bytes)) return false;
    p.out.put("\n\t      ");
    if (vpn) {
      p.out.put("RD: ");
      put_route_distinguisher(p, in, 1 + kLabelBytes);
      p.out.put(", ");
    }
    put_prefix(p, in, 1 + head, whole - head * 8, family);
    if (labeled) put_label(p, in, 1);
    in = in.from(1 + bytes);
  }
  return true;
}

// RFC 4684 section 4: an AS, and as much of an extended community as the length says.
void put_route_targets(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const std::size_t whole = in.u8(0);
    if (whole == 0) {
      p.out.put("\n\t      default route target");
      in = in.from(1);
      continue;
    }
    if (whole < 32) {
      p.out.put("\n\t      (illegal prefix length)");
      return;
    }
    const std::size_t bits = whole - 32;
    const std::size_t bytes = (bits + 7) / 8;
    if (bits > 64 || !in.need(1, 4 + bytes)) return p.truncate();
    std::uint8_t target[8] = {};
    for (std::size_t i = 0; i < bytes; ++i) target[i] = in.u8(5 + i);
    const Input value(p, target, sizeof target, sizeof target);
    p.out.put("\n\t      origin AS: ");
    put_as_number(p, in.be32(1));
    const auto put_bytes = [&] {
      for (std::size_t i = 0; i < bytes; ++i) {
        p.out.put(i > 0 && i % 2 == 0 ? " " : "").hex(target[i], 2);
      }
    };
    const std::uint16_t type = value.be16(0);
    if (bytes >= 2 && type != 0x0002 && type != 0x0102 && type != 0x0202) {
      p.out.put(", route target: unknown-type(").hex(type, 4).put(") (");
      put_bytes();
      p.out.put('/').dec(bits).put(')');
    } else {
      p.out.put(", route-target: ");
      if (type == 0x0102) p.out.ipv4(target + 2).put(':').dec(value.be16(6));
      if (type == 0x0202) p.out.dec(value.be32(2)).put(':').dec(value.be16(6));
      if (type < 0x0100) p.out.dec(value.be16(2)).put(':').dec(value.be32(4));
      p.out.put('/').dec(bits);
      if (bytes > 0) {
        p.out.put(" (");
        put_bytes();
        p.out.put(')');
      }
    }
    in = in.from(5 + bytes);
  }
}

// A length in bits and an address: RFC 6514 section 4. Gives the bytes of both.
std::size_t put_counted_address(Printer& p, std::string_view name, const Input& in,
                                std::size_t at) {
  const std::size_t bits = in.u8(at);
  p.out.put(name);
  if (bits == 32) {
    p.out.ipv4(in.at(at + 1, 4));
  } else if (bits == 128) {
    p.out.ipv6(in.at(at + 1, 16));
  } else {
    p.out.put("bogus address length ").dec(bits);
  }
  return 1 + bits / 8;
}

void put_originator(Printer& p, const Input& in, std::size_t at, std::size_t bytes) {
  p.out.put(", Originator ");
  if (bytes == 4) {
    p.out.ipv4(in.at(at, 4));
  } else if (bytes == 16) {
    p.out.ipv6(in.at(at, 16));
  } else {
    p.out.put("bogus address length ").dec(bytes * 8);
  }
}

void put_multicast_vpn(Printer& p, Input in) {
  static constexpr Token kTypes[] = {{1, "Intra-AS I-PMSI"}, {2, "Inter-AS I-PMSI"},
                                     {3, "S-PMSI"},          {4, "Intra-AS Segment-Leaf"},
                                     {5, "Source-Active"},   {6, "Shared Tree Join"},
                                     {7, "Source Tree Join"}};
  while (in.length() > 0 && !p.truncated()) {
    const std::uint8_t type = in.u8(0);
    const std::size_t size = in.u8(1);
    if (p.truncated()) return;
    p.out.put("\n\t      Route-Type: ");
    put_name(p, kTypes, type, "Unknown").put(" (").dec(type).put("), length: ").dec(size);
    const Input route = in.from(2);
    if (type >= 1 && type <= 7 && type != 4) {
      if (!route.need(0, size)) return;
      p.out.put(", RD: ");
      put_route_distinguisher(p, route, 0);
      std::size_t at = kDistinguisherBytes;
      if (type == 2 || type >= 6) {
        p.out.put(", Source-AS ");
        put_as_number(p, route.be32(at));
        at += 4;
      }
      if (type == 3 || type >= 5) {
        at += put_counted_address(p, ", Source ", route, at);
        at += put_counted_address(p, ", Group ", route, at);
      }
      // tcpdump takes the lengths of source and group, not their addresses, off the originator's.
      if (type == 1 && size >= 8) put_originator(p, route, at, size - 8);
      if (type == 3 && size >= 10) put_originator(p, route, at, size - 10);
    }
    in = route.from(size);
  }
}

// RFC 6037 section 7.1
void put_mdt(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    if (in.u8(0) != 128) {
      if (!p.truncated()) p.out.put("\n\t    (illegal prefix length)");
      return;
    }
    if (!in.need(1, 16)) return;
    p.out.put("\n\t      RD: ");
    put_route_distinguisher(p, in, 1);
    p.out.put(", VPN IP Address: ").ipv4(in.at(9, 4));
    p.out.put(", MC Group Address: ").ipv4(in.at(13, 4));
    in = in.from(17);
  }
}

// RFC 4761 section 3.2.2, and the shorter routes of RFC 6074 with a next hop.
void put_layer2(Printer& p, Input in) {
  while (in.length() >= 2 && !p.truncated()) {
    const std::size_t size = in.be16(0);
    if (!in.need(2, size)) return;
    if (size == 12) {
      p.out.put("\n\t      RD: ");
      put_route_distinguisher(p, in, 2);
      p.out.put(", BGPNH: ").ipv4(in.at(10, 4));
    } else if (size > 17) {
      p.out.put("\n\t      RD: ");
      put_route_distinguisher(p, in, 2);
      p.out.put(", CE-ID: ").dec(in.be16(10)).put(", Label-Block Offset: ").dec(in.be16(12));
      p.out.put(", Label Base ").dec(in.be24(14) >> 4);
    } else {  // tcpdump asks for a byte more than the fixed part has
      return p.truncate();
    }
    in = in.from(2 + size);
  }
}

void put_routes(Printer& p, const Input& in, std::uint16_t family, Routes routes) {
  switch (routes) {
    case Routes::kPrefixes:
    case Routes::kLabeledPrefixes:
    case Routes::kVpnPrefixes:
      put_prefixes(p, in, family, routes);
      return;
    case Routes::kRouteTargets:
      return put_route_targets(p, in);
    case Routes::kMulticastVpn:
      return put_multicast_vpn(p, in);
    case Routes::kMdt:
      return put_mdt(p, in);
    case Routes::kLayer2:
      return put_layer2(p, in);
    case Routes::kUnknown:
      return;
  }
}

void put_next_hops(Printer& p, const Input& in, std::uint16_t family, Routes routes,
                   std::size_t size) {
  const std::size_t head = routes == Routes::kVpnPrefixes ? kDistinguisherBytes : 0;
  std::size_t bytes = family == kIpv6 ? 16 : 4;
  if (family == kNsap) bytes = size > head ? size - head : 1;
  for (std::size_t at = 0; at < size && !p.truncated(); at += head + bytes) {
    if (at > 0) p.out.put(", ");
    if (size - at < head + bytes) {
      p.out.put("invalid len");
      return;
    }
    if (head > 0) {
      p.out.put("RD: ");
      put_route_distinguisher(p, in, at);
      p.out.put(", ");
    }
    if (family == kIpv6) {
      p.out.ipv6(in.at(at + head, 16));
    } else if (family == kNsap) {
      put_nsap(p, in, at + head, bytes);
    } else {
      p.out.ipv4(in.at(at + head, 4));
    }
  }
}

void put_attribute_family(Printer& p, std::uint16_t family, std::uint8_t subfamily) {
  p.out.put("\n\t    AFI: ");
  put_name(p, kFamilies, family, "Unknown AFI").put(" (").dec(family).put("), ");
  // From 128 on a vendor's, but tcpdump leaves 128 out.
  p.out.put(subfamily > 128 ? "vendor specific " : "").put("SAFI: ");
  put_name(p, kSubfamilies, subfamily, "Unknown SAFI").put(" (").dec(subfamily).put(')');
}

void put_no_decoder(Printer& p, const Input& in, std::uint16_t family, std::uint8_t subfamily) {
  p.out.put("\n\t    no AFI ").dec(family).put(" / SAFI ").dec(subfamily).put(" decoder");
  if (p.options.verbosity <= 1) p.hex_data(in, "\n\t    ", in.length());
}

}  // namespace

void put_bgp_family(Printer& p, std::uint16_t family, std::uint8_t subfamily) {
  p.out.put("AFI ");
  put_name(p, kFamilies, family, "Unknown AFI").put(" (").dec(family).put("), SAFI ");
  put_name(p, kSubfamilies, subfamily, "Unknown SAFI").put(" (").dec(subfamily).put(')');
}

void put_as_number(Printer& p, std::uint32_t number) {
  if (p.options.as_dot && number > 0xFFFF) p.out.dec(number >> 16).put('.');
  p.out.dec(p.options.as_dot ? number & 0xFFFF : number);
}

void put_route_distinguisher(Printer& p, const Input& in, std::size_t at) {
  switch (in.be16(at)) {
    case 0:
      p.out.dec(in.be16(at + 2)).put(':').dec(in.be32(at + 4)).put(" (= ");
      p.out.ipv4(in.at(at + 4, 4)).put(')');
      return;
    case 1:
      p.out.ipv4(in.at(at + 2, 4)).put(':').dec(in.be16(at + 6));
      return;
    case 2:
      put_as_number(p, in.be32(at + 2));
      p.out.put(':').dec(in.be16(at + 6)).put(" (");
      p.out.ipv4(in.at(at + 2, 4)).put(':').dec(in.be16(at + 6)).put(')');
      return;
    default:
      p.out.put("unknown RD format");
  }
}

bool put_bgp_prefixes(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const unsigned bits = in.u8(0);
    if (bits > 32) {
      p.out.put("\n\t    (illegal prefix length)");
      return false;
    }
    const std::size_t bytes = (bits + 7) / 8;
    if (!in.need(1, bytes)) return false;
    p.out.put("\n\t    ");
    put_prefix(p, in, 1, bits, kIpv4);
    in = in.from(1 + bytes);
  }
  return true;
}

void print_bgp_reach(Printer& p, const Input& in) {
  if (!in.need(0, 3)) return;
  const std::uint16_t family = in.be16(0);
  const std::uint8_t subfamily = in.u8(2);
  put_attribute_family(p, family, subfamily);
  const Routes routes = routes_of(family, subfamily);
  if (routes == Routes::kUnknown) return put_no_decoder(p, in, family, subfamily);
  const std::size_t size = in.u8(3);
  if (!in.need(4, size)) return;
  if (size > 0) {
    p.out.put("\n\t    nexthop: ");
    put_next_hops(p, in.from(4), family, routes, size);
    p.out.put(", nh-length: ").dec(size);
  }
  Input rest = in.from(4 + size);
  const unsigned points = rest.u8(0);
  if (p.truncated()) return;
  rest = rest.from(1);
  if (points > 0) p.out.put("\n\t    ").dec(points).put(" SNPA");
  if (points == 0) p.out.put(", no SNPA");
  for (unsigned i = 0; i < points && !p.truncated(); ++i) {
    const std::size_t bytes = rest.u8(0);
    if (p.truncated()) return;
    p.out.put("\n\t      ").dec(bytes).put(" bytes");
    rest = rest.from(1 + bytes);
  }
  put_routes(p, rest, family, routes);
}

void print_bgp_unreach(Printer& p, const Input& in) {
  if (!in.need(0, 3)) return;
  const std::uint16_t family = in.be16(0);
  const std::uint8_t subfamily = in.u8(2);
  put_attribute_family(p, family, subfamily);
  if (in.length() == 3) {
    p.out.put("\n\t      End-of-Rib Marker (empty NLRI)");
    return;
  }
  const Routes routes = routes_of(family, subfamily);
  if (routes == Routes::kUnknown) return put_no_decoder(p, in.from(3), family, subfamily);
  put_routes(p, in.from(3), family, routes);
}

}  // namespace capstan::text
