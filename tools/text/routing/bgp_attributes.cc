// BGP path attributes: RFC 4271 section 4.3 and those that came after it.
#include "tools/text/fields.h"
#include "tools/text/routing/bgp.h"

namespace capstan::text {

namespace {

enum Attribute : std::uint8_t {
  kOrigin = 1,
  kAsPath = 2,
  kNextHop = 3,
  kDiscriminator = 4,
  kPreference = 5,
  kAtomicAggregate = 6,
  kAggregator = 7,
  kCommunity = 8,
  kOriginator = 9,
  kClusterList = 10,
  kReach = 14,
  kUnreach = 15,
  kExtendedCommunity = 16,
  kAs4Path = 17,
  kAs4Aggregator = 18,
  kTunnel = 22,
  kMetric = 26,
  kLargeCommunity = 32,
  kSet = 128,
};
constexpr Token kAttributes[] = {{kOrigin, "Origin"},
                                 {kAsPath, "AS Path"},
                                 {kAs4Path, "AS4 Path"},
                                 {kNextHop, "Next Hop"},
                                 {kDiscriminator, "Multi Exit Discriminator"},
                                 {kPreference, "Local Preference"},
                                 {kAtomicAggregate, "Atomic Aggregate"},
                                 {kAggregator, "Aggregator"},
                                 {kAs4Aggregator, "Aggregator4"},
                                 {kCommunity, "Community"},
                                 {kOriginator, "Originator ID"},
                                 {kClusterList, "Cluster List"},
                                 {11, "DPA"},
                                 {12, "Advertisers"},
                                 {13, "RCID Path / Cluster ID"},
                                 {kReach, "Multi-Protocol Reach NLRI"},
                                 {kUnreach, "Multi-Protocol Unreach NLRI"},
                                 {kExtendedCommunity, "Extended Community"},
                                 {kTunnel, "PMSI Tunnel"},
                                 {23, "Tunnel Encapsulation"},
                                 {24, "Traffic Engineering"},
                                 {25, "IPv6 Extended Community"},
                                 {kMetric, "Accumulated IGP Metric"},
                                 {27, "PE Distinguisher Label"},
                                 {kLargeCommunity, "Large Community"},
                                 {kSet, "Attribute Set"},
                                 {255, "Reserved for development"}};
constexpr Token kOrigins[] = {{0, "IGP"}, {1, "EGP"}, {2, "Incomplete"}};

// Whether the AS numbers have 2 or 4 bytes is agreed in the OPEN, which may not be in sight: they
// have 2 where the segments fill the attribute so.
std::size_t as_bytes(const Input& in) {
  std::size_t at = 0;
  while (at + 2 <= in.length()) {
    const std::uint8_t kind = in.bytes().u8(at);
    if (kind < 1 || kind > 4) return 4;
    at += 2 + 2 * std::size_t{in.bytes().u8(at + 1)};
  }
  return at == in.length() ? 2 : 4;
}

void put_as_path(Printer& p, const Input& in, std::size_t width) {
  constexpr Token kOpen[] = {{1, "{ "}, {2, ""}, {3, "( "}, {4, "({ "}};
  constexpr Token kClose[] = {{1, "}"}, {2, ""}, {3, ")"}, {4, "})"}};
  if (in.length() == 0) {
    p.out.put("empty");
    return;
  }
  Input segment = in;
  while (segment.length() >= 2 && !p.truncated()) {
    const std::uint8_t kind = segment.u8(0);
    const std::size_t count = segment.u8(1);
    put_name(p, kOpen, kind, "?");
    for (std::size_t i = 0; i < count && !p.truncated(); ++i) {
      if (!segment.need(2 + width * i, width)) return;
      put_as_number(p, width == 2 ? segment.be16(2 + 2 * i) : segment.be32(2 + 4 * i));
      p.out.put(' ');
    }
    put_name(p, kClose, kind, "?");
    segment = segment.from(2 + width * count);
  }
}

// RFC 1997: those with a name have no comma behind them.
void put_communities(Printer& p, const Input& in) {
  for (std::size_t at = 0; at < in.length() && !p.truncated(); at += 4) {
    switch (in.be32(at)) {
      case 0xffffff01:
        p.out.put(" NO_EXPORT");
        break;
      case 0xffffff02:
        p.out.put(" NO_ADVERTISE");
        break;
      case 0xffffff03:
        p.out.put(" NO_EXPORT_SUBCONFED");
        break;
      default:
        p.out.dec(in.be16(at)).put(':').dec(in.be16(at + 2));
        if (at + 4 < in.length()) p.out.put(", ");
    }
  }
}

void put_large_communities(Printer& p, const Input& in) {
  p.out.put("\n\t    ");
  for (std::size_t at = 0; at < in.length() && !p.truncated(); at += 12) {
    p.out.put(at > 0 ? ", " : "").dec(in.be32(at)).put(':').dec(in.be32(at + 4));
    p.out.put(':').dec(in.be32(at + 8));
  }
}

void put_cluster_list(Printer& p, const Input& in) {
  for (std::size_t at = 0; at < in.length() && !p.truncated(); at += 4) {
    p.out.ipv4(in.at(at, 4)).put(at + 4 < in.length() ? ", " : "");
  }
}

// RFC 6514 section 5
void put_tunnel(Printer& p, const Input& in) {
  static constexpr Token kTypes[] = {
      {1, "RSVP-TE P2MP LSP"}, {2, "LDP P2MP LSP"},        {3, "PIM-SSM Tree"}, {4, "PIM-SM Tree"},
      {5, "PIM-Bidir Tree"},   {6, "Ingress Replication"}, {7, "LDP MP2MP LSP"}};
  if (!in.need(0, 5)) return;
  const std::uint8_t type = in.u8(1);
  p.out.put("\n\t    Tunnel-type ");
  put_name(p, kTypes, type, "Unknown").put(" (").dec(type).put("), Flags [");
  p.out.put((in.u8(0) & 1U) != 0 ? "Leaf Information required" : "none");
  p.out.put("], MPLS Label ").dec(in.be24(2) >> 4);
  const Input id = in.from(5);
  switch (type) {
    case 1:
      if (!id.need(0, 8)) return;
      p.out.put("\n\t      Extended-Tunnel-ID ").ipv4(id.at(0, 4));
      p.out.put(", P2MP-ID 0x").hex(id.be32(4), 8);
      return;
    case 2:
    case 7:
      if (!id.need(0, 8)) return;
      p.out.put("\n\t      Root-Node ").ipv4(id.at(0, 4)).put(", LSP-ID 0x").hex(id.be32(4), 8);
      return;
    case 3:
    case 4:
    case 5:
      if (!id.need(0, 8)) return;
      p.out.put(type == 3 ? "\n\t      Root-Node " : "\n\t      Sender ").ipv4(id.at(0, 4));
      p.out.put(", P-Group ").ipv4(id.at(4, 4));
      return;
    case 6:
      if (!id.need(0, 4)) return;
      p.out.put("\n\t      Tunnel-Endpoint ").ipv4(id.at(0, 4));
      return;
    default:
      if (p.options.verbosity <= 1) p.hex_data(id, "\n\t      ", id.length());
  }
}

// RFC 7311 section 3
void put_metric(Printer& p, Input in) {
  while (in.length() >= 3 && !p.truncated()) {
    const std::uint8_t type = in.u8(0);
    const std::size_t size = in.be16(1);
    p.out.put("\n\t    ").put(type == 1 ? "AIGP" : "Unknown").put(" TLV (").dec(type);
    p.out.put("), length ").dec(size);
    if (size < 3 || !in.need(0, size)) return p.truncate();
    if (type == 1) {
      if (size < 11) return p.truncate();
      p.out.put(", metric ").dec(in.be64(3));
    } else if (p.options.verbosity <= 1) {
      p.hex_data(in.from(3), "\n\t      ", size - 3);
    }
    in = in.from(size);
  }
}

// RFC 6368 section 5: attributes in an attribute.
void put_set(Printer& p, const Input& in) {
  if (in.length() < 4 || !in.need(0, 4)) return p.truncate();
  p.out.put("\n\t    Origin AS: ");
  put_as_number(p, in.be32(0));
  if (p.enter()) print_bgp_attributes(p, in.from(4), "\n\t      ");
  p.leave();
}

bool is_size_wrong(std::uint8_t type, std::size_t size) noexcept {
  switch (type) {
    case kOrigin:
      return size != 1;
    case kAsPath:
    case kAs4Path:
      return size % 2 != 0;
    case kNextHop:
    case kDiscriminator:
    case kPreference:
    case kOriginator:
      return size != 4;
    case kAtomicAggregate:
      return size != 0;
    case kAggregator:
      return size != 6 && size != 8;
    case kAs4Aggregator:
      return size != 8;
    case kCommunity:
    case kClusterList:
      return size % 4 != 0;
    case kExtendedCommunity:
      return size % 8 != 0;
    case kLargeCommunity:
      return size == 0 || size % 12 != 0;
    default:
      return false;
  }
}

void put_value(Printer& p, std::uint8_t type, const Input& in) {
  const std::size_t size = in.length();
  if (is_size_wrong(type, size)) {
    p.out.put("invalid len");
    return;
  }
  switch (type) {
    case kOrigin:
      p.token(kOrigins, in.u8(0), "Unknown Origin Typecode (", ")");
      return;
    case kAsPath:
      return put_as_path(p, in, as_bytes(in));
    case kAs4Path:
      return put_as_path(p, in, 4);
    case kNextHop:
    case kOriginator:
      p.out.ipv4(in.at(0, 4));
      return;
    case kDiscriminator:
    case kPreference:
      p.out.dec(in.be32(0));
      return;
    case kAtomicAggregate:
      return;
    case kAggregator:
    case kAs4Aggregator:
      p.out.put(" AS #");
      put_as_number(p, size > 6 ? in.be32(0) : in.be16(0));
      p.out.put(", origin ");
      p.out.ipv4(in.at(size > 6 ? 4 : 2, 4));
      return;
    case kCommunity:
      return put_communities(p, in);
    case kClusterList:
      return put_cluster_list(p, in);
    case kReach:
      return print_bgp_reach(p, in);
    case kUnreach:
      return print_bgp_unreach(p, in);
    case kExtendedCommunity:
      return print_bgp_extended_communities(p, in);
    case kTunnel:
      return put_tunnel(p, in);
    case kMetric:
      return put_metric(p, in);
    case kLargeCommunity:
      return put_large_communities(p, in);
    case kSet:
      return put_set(p, in);
    default:
      p.out.put("\n\t    no Attribute ").dec(type).put(" decoder");
      if (p.options.verbosity <= 1) p.hex_data(in, "\n\t    ", size);
  }
}

void put_flags(Printer& p, std::uint8_t flags) {
  if (flags == 0) return;
  p.out.put(", Flags [").put((flags & 0x80) != 0 ? "O" : "").put((flags & 0x40) != 0 ? "T" : "");
  p.out.put((flags & 0x20) != 0 ? "P" : "").put((flags & 0x10) != 0 ? "E" : "");
  if ((flags & 0x0f) != 0) p.out.put('+').hex(flags & 0x0fU);
  p.out.put("]: ");
}

}  // namespace

void print_bgp_attributes(Printer& p, Input in, std::string_view indent) {
  while (in.length() > 0 && !p.truncated()) {
    const std::uint8_t flags = in.u8(0);
    const std::uint8_t type = in.u8(1);
    const bool extended = (flags & 0x10) != 0;
    const std::size_t size = extended ? in.be16(2) : in.u8(2);
    if (p.truncated()) return;
    p.out.put(indent);
    put_name(p, kAttributes, type, "Unknown Attribute").put(" (").dec(type).put("), length: ");
    p.out.dec(size);
    put_flags(p, flags);
    const Input value = in.from(extended ? 4 : 3);
    if (size > value.length()) {
      p.out.put(" [path attrs too short]");
      return;
    }
    put_value(p, type, value.first(size));
    const bool dumped =
        size > 0 && (type != kLargeCommunity || is_size_wrong(type, size)) && type != kSet;
    if (p.options.verbosity > 1 && dumped) p.hex_data(value.first(size), "\n\t    ", size);
    in = value.from(size);
  }
}

}  // namespace capstan::text
