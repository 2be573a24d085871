// BGP-4 (RFC 4271 section 4): the name alone, and with -v the messages.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Message : std::uint8_t {
  kOpen = 1,
  kUpdate = 2,
  kNotification = 3,
  kKeepalive = 4,
  kRefresh = 5
};
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
  kLargeCommunity = 32,
};
constexpr std::size_t kHeaderBytes = 19;

constexpr Token kMessages[] = {{kOpen, "Open"},
                               {kUpdate, "Update"},
                               {kNotification, "Notification"},
                               {kKeepalive, "Keepalive"},
                               {kRefresh, "Route Refresh"}};
constexpr Token kAttributes[] = {{kOrigin, "Origin"},
                                 {kAsPath, "AS Path"},
                                 {17, "AS4 Path"},
                                 {kNextHop, "Next Hop"},
                                 {kDiscriminator, "Multi Exit Discriminator"},
                                 {kPreference, "Local Preference"},
                                 {kAtomicAggregate, "Atomic Aggregate"},
                                 {kAggregator, "Aggregator"},
                                 {18, "AS4 Aggregator"},
                                 {kCommunity, "Community"},
                                 {kOriginator, "Originator ID"},
                                 {kClusterList, "Cluster List"},
                                 {14, "Multi-Protocol Reach NLRI"},
                                 {15, "Multi-Protocol Unreach NLRI"},
                                 {16, "Extended Community"},
                                 {22, "PMSI Tunnel"},
                                 {23, "Tunnel Encapsulation"},
                                 {26, "Accumulated IGP Metric"},
                                 {kLargeCommunity, "Large Community"},
                                 {128, "Attribute Set"}};
constexpr Token kOrigins[] = {{0, "IGP"}, {1, "EGP"}, {2, "Incomplete"}};
constexpr Token kErrors[] = {{1, "Message Header Error"},       {2, "OPEN Message Error"},
                             {3, "UPDATE Message Error"},       {4, "Hold timer expired"},
                             {5, "Finite State Machine Error"}, {6, "Cease"},
                             {7, "Capability Message Error"}};
constexpr Token kCeases[] = {{1, "Maximum Number of Prefixes Reached"},
                             {2, "Administrative Shutdown"},
                             {3, "Peer Unconfigured"},
                             {4, "Administrative Reset"},
                             {5, "Connection Rejected"},
                             {6, "Other Configuration Change"},
                             {7, "Connection Collision Resolution"}};
constexpr Token kCapabilities[] = {{1, "Multiprotocol Extensions"},
                                   {2, "Route Refresh"},
                                   {3, "Cooperative Route Filtering"},
                                   {5, "Extended Next Hop Encoding"},
                                   {64, "Graceful Restart"},
                                   {65, "32-Bit AS Number"},
                                   {67, "Dynamic Capability"},
                                   {68, "Multi BGP Session"},
                                   {69, "Multiple Paths"},
                                   {128, "Route Refresh (Cisco)"},
                                   {130, "Cooperative Route Filtering (Cisco)"}};
constexpr Token kFamilies[] = {{1, "IPv4"}, {2, "IPv6"}, {25, "VPLS"}};
constexpr Token kSubfamilies[] = {{1, "Unicast"},
                                  {2, "Multicast"},
                                  {3, "Unicast+Multicast"},
                                  {4, "labeled Unicast"},
                                  {128, "labeled VPN Unicast"}};

void put_family(Printer& p, std::uint16_t family, std::uint8_t subfamily) {
  p.out.put("AFI ");
  put_name(p, kFamilies, family, "Unknown AFI").put(" (").dec(family).put("), SAFI ");
  put_name(p, kSubfamilies, subfamily, "Unknown SAFI").put(" (").dec(subfamily).put(')');
}

void put_capability(Printer& p, const Input& in) {
  const std::uint8_t code = in.u8(0);
  const std::size_t size = in.u8(1);
  p.out.put("\n\t      ");
  put_name(p, kCapabilities, code, "Unknown").put(" (").dec(code).put("), length: ").dec(size);
  const Input value = in.from(2).first(size);
  if (code == 1 && size >= 4) {
    p.out.put("\n\t\t");
    put_family(p, value.be16(0), value.u8(3));
  } else if (code == 64 && size >= 2) {
    p.out.put("\n\t\tRestart Flags: [").put((value.u8(0) & 0x80) != 0 ? "R" : "none");
    p.out.put("], Restart Time ").dec(value.be16(0) & 0xfffU).put('s');
    for (std::size_t at = 2; at + 4 <= size && !p.truncated(); at += 4) {
      p.out.put("\n\t\t  ");
      put_family(p, value.be16(at), value.u8(at + 2));
      p.out.put(", Forwarding state preserved: ");
      p.out.put((value.u8(at + 3) & 0x80) != 0 ? "yes" : "no");
    }
  } else if (code == 65 && size == 4) {
    p.out.put("\n\t\t 4 Byte AS ").dec(value.be32(0));
  } else if (size > 0 && code != 2 && code != 128) {
    p.out.put("\n\t\tno decoder for Capability ").dec(code);
    p.hex_data(value, "\n\t\t", size);
  }
}

void put_open(Printer& p, const Input& in) {
  p.out.put("\n\t  Version ").dec(in.u8(0)).put(", my AS ").dec(in.be16(1));
  p.out.put(", Holdtime ").dec(in.be16(3)).put("s, ID ").ipv4(in.at(5, 4));
  const std::size_t size = in.u8(9);
  p.out.put("\n\t  Optional parameters, length: ").dec(size);
  Input option = in.from(10).with_length(size);
  while (option.length() >= 2 && !p.truncated()) {
    const std::uint8_t type = option.u8(0);
    const std::size_t option_bytes = option.u8(1);
    p.out.put("\n\t    Option ");
    p.out.put(type == 2   ? "Capabilities Advertisement"
              : type == 1 ? "Authentication Information"
                          : "Unknown");
    p.out.put(" (").dec(type).put("), length: ").dec(option_bytes);
    Input capability = option.from(2).with_length(type == 2 ? option_bytes : 0);
    while (capability.length() >= 2 && !p.truncated()) {
      put_capability(p, capability);
      capability = capability.from(std::size_t{capability.u8(1)} + 2);
    }
    option = option.from(option_bytes + 2);
  }
}

// Prefixes: a length in bits, and as many bytes as it takes.
void put_prefixes(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const unsigned bits = in.u8(0);
    if (bits > 32) {
      p.out.put("\n\t    (illegal prefix length)");
      return;
    }
    const std::size_t bytes = (bits + 7) / 8;
    std::uint8_t address[4] = {};
    for (std::size_t i = 0; i < bytes; ++i) address[i] = in.u8(1 + i);
    if (bits % 8 != 0) {
      address[bytes - 1] = static_cast<std::uint8_t>(address[bytes - 1] & 0xff00U >> bits % 8);
    }
    p.out.put("\n\t    ").ipv4(address).put('/').dec(bits);
    in = in.from(1 + bytes);
  }
}

// Whether the AS numbers have 2 or 4 bytes is agreed in the OPEN, which may not be in sight: they
// have 4 where only so the segments fill the attribute.
std::size_t as_bytes(const Input& in) {
  for (const std::size_t width : {std::size_t{2}, std::size_t{4}}) {
    std::size_t at = 0;
    bool fits = true;
    while (at + 2 <= in.length() && fits) {
      const std::uint8_t kind = in.bytes().u8(at);
      fits = kind >= 1 && kind <= 4;
      at += 2 + width * in.bytes().u8(at + 1);
    }
    if (fits && at == in.length()) return width;
  }
  return 2;
}

void put_as_path(Printer& p, const Input& in) {
  constexpr Token kOpen[] = {{1, "{"}, {2, ""}, {3, "("}, {4, "({"}};
  constexpr Token kClose[] = {{1, "}"}, {2, ""}, {3, ")"}, {4, "})"}};
  if (in.length() == 0) {
    p.out.put("empty");
    return;
  }
  const std::size_t width = as_bytes(in);
  Input segment = in;
  while (segment.length() >= 2 && !p.truncated()) {
    const std::uint8_t kind = segment.u8(0);
    const std::size_t count = segment.u8(1);
    put_name(p, kOpen, kind, "?");
    for (std::size_t i = 0; i < count && !p.truncated(); ++i) {
      p.out.dec(width == 2 ? segment.be16(2 + 2 * i) : segment.be32(2 + 4 * i)).put(' ');
    }
    put_name(p, kClose, kind, "?");
    segment = segment.from(2 + width * count);
  }
}

void put_communities(Printer& p, const Input& in) {
  for (std::size_t at = 0; at + 4 <= in.length() && !p.truncated(); at += 4) {
    if (at > 0) p.out.put(", ");
    switch (in.be32(at)) {
      case 0:
        p.out.put("gshut");
        break;
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
    }
  }
}

void put_value(Printer& p, std::uint8_t type, const Input& in) {
  const std::size_t size = in.length();
  switch (type) {
    case kOrigin:
      p.token(kOrigins, in.u8(0), "Unknown Origin Typecode (", ")");
      return;
    case kAsPath:
    case 17:
      return put_as_path(p, in);
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
    case 18:
      p.out.put(" AS #").dec(size > 6 ? in.be32(0) : in.be16(0)).put(", origin ");
      p.out.ipv4(in.at(size > 6 ? 4 : 2, 4));
      return;
    case kCommunity:
      return put_communities(p, in);
    case kClusterList:
      for (std::size_t at = 0; at + 4 <= size && !p.truncated(); at += 4) {
        p.out.ipv4(in.at(at, 4)).put(at + 4 < size ? ", " : "");
      }
      return;
    case kLargeCommunity:
      p.out.put("\n\t    ");
      for (std::size_t at = 0; at + 12 <= size && !p.truncated(); at += 12) {
        p.out.put(at > 0 ? ", " : "").dec(in.be32(at)).put(':').dec(in.be32(at + 4));
        p.out.put(':').dec(in.be32(at + 8));
      }
      return;
    default:
      p.out.put("\n\t    no Attribute ").dec(type).put(" decoder");
      p.hex_data(in, "\n\t    ", size);
  }
}

// Section 4.3: flags, type, one or two bytes of length.
void put_attributes(Printer& p, Input in) {
  while (in.length() >= 3 && !p.truncated()) {
    const std::uint8_t flags = in.u8(0);
    const std::uint8_t type = in.u8(1);
    const bool extended = (flags & 0x10) != 0;
    const std::size_t size = extended ? in.be16(2) : in.u8(2);
    p.out.put("\n\t  ");
    put_name(p, kAttributes, type, "Unknown Attribute").put(" (").dec(type).put("), length: ");
    p.out.dec(size);
    if (flags != 0) {
      p.out.put(", Flags [").put((flags & 0x80) != 0 ? "O" : "");
      p.out.put((flags & 0x40) != 0 ? "T" : "").put((flags & 0x20) != 0 ? "P" : "");
      p.out.put(extended ? "E" : "").put(']');
      if ((flags & 0x0f) != 0) p.out.put('+').hex(flags & 15U);
    }
    p.out.put(": ");
    const Input value = in.from(extended ? 4 : 3);
    if (size > value.length()) return;
    put_value(p, type, value.first(size));
    in = value.from(size);
  }
}

void put_update(Printer& p, const Input& in) {
  const std::size_t withdrawn = in.be16(0);
  if (p.truncated() || withdrawn + 4 > in.length()) return;
  if (withdrawn > 0) {
    p.out.put("\n\t  Withdrawn routes:");
    put_prefixes(p, in.from(2).with_length(withdrawn));
  }
  const std::size_t attributes = in.be16(2 + withdrawn);
  const std::size_t at = 4 + withdrawn;
  if (p.truncated() || at + attributes > in.length()) return;
  if (attributes == 0 && withdrawn == 0 && in.length() == 4) {
    p.out.put("\n\t  End-of-Rib Marker (empty NLRI)");
    return;
  }
  put_attributes(p, in.from(at).with_length(attributes));
  if (at + attributes < in.length()) {
    p.out.put("\n\t  Updated routes:");
    put_prefixes(p, in.from(at + attributes));
  }
}

void put_notification(Printer& p, const Input& in) {
  const std::uint8_t major = in.u8(0);
  const std::uint8_t minor = in.u8(1);
  p.out.put(", ");
  put_name(p, kErrors, major, "Unknown Error").put(" (").dec(major).put(')');
  p.out.put(", subcode ");
  if (major == 6) {
    put_name(p, kCeases, minor, "Unknown").put(" (").dec(minor).put(')');
  } else {
    p.out.put("Unspecified Error (").dec(minor).put(')');
  }
}

void put_message(Printer& p, const Input& in) {
  const std::uint8_t type = in.u8(18);
  p.out.put("\n\t");
  put_name(p, kMessages, type, "Unknown").put(" Message (").dec(type).put("), length: ");
  p.out.dec(in.length());
  const Input body = in.from(kHeaderBytes);
  switch (type) {
    case kOpen:
      return put_open(p, body);
    case kUpdate:
      return put_update(p, body);
    case kNotification:
      return put_notification(p, body);
    case kRefresh:
      p.out.put("\n\t  ");
      return put_family(p, body.be16(0), body.u8(3));
    default:
      return;
  }
}

bool is_marker(const Input& in) {
  for (std::size_t i = 0; i < 16; ++i)
    if (in.bytes().u8(i) != 0xff) return false;
  return true;
}

}  // namespace

void print_bgp(Printer& p, Input in) {
  p.set_protocol("bgp");
  p.out.put(": BGP");
  if (!p.verbose()) return;
  while (in.length() > 0 && !p.truncated()) {
    if (!in.has(0, kHeaderBytes)) {
      p.out.put(" [|BGP]");
      return;
    }
    if (!is_marker(in)) {  // the middle of a message: look for the next
      in = in.from(1);
      continue;
    }
    const std::size_t size = in.be16(16);
    if (size < kHeaderBytes) return;
    if (!in.has(0, size)) {
      p.out.put("\n\t[|BGP ");
      put_name(p, kMessages, in.u8(18), "Unknown Message Type").put(']');
      return;
    }
    put_message(p, in.first(size));
    in = in.from(size);
  }
}

}  // namespace capstan::text
