// Link layers of Linux: the netfilter log (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html)
// and ARCNET (RFC 1201), as they are captured there.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

// A head and attributes in the byte order of the machine, taken to be little-endian. One of the
// attributes is the packet.
std::size_t print_nflog(Printer& p, Input in) {
  constexpr std::size_t kHeaderBytes = 4;
  constexpr std::size_t kAttributeBytes = 4;
  constexpr std::uint16_t kPayload = 9;
  constexpr Token kFamilies[] = {{2, "IPv4"}, {10, "IPv6"}};
  p.set_protocol("nflog");
  if (in.length() < kHeaderBytes || !in.need(0, kHeaderBytes)) {
    p.truncate();
    return in.captured();
  }
  const std::size_t whole = in.captured();
  const std::uint8_t family = in.u8(0);
  const std::uint8_t version = in.u8(1);
  const std::uint16_t resource = in.be16(2);
  if (version != 0) {
    p.out.put("version ").dec(version).put(" (unknown)");
    return whole;
  }
  const auto put_head = [&](std::size_t length) {
    p.out.put("version 0, resource ID ").dec(resource).put(", family ");
    put_name(p, kFamilies, family, "Unknown").put(" (").dec(family).put("), length ");
    p.out.dec(length).put(": ");
  };
  if (p.options.link_header) put_head(in.length());
  Input rest = in.from(kHeaderBytes);
  while (rest.length() > 0) {
    const std::size_t size = rest.le16(0);
    const std::uint16_t type = rest.le16(2);
    if (p.truncated()) return whole;
    if (size < kAttributeBytes || size > rest.length()) {
      p.truncate();
      return whole;
    }
    if (type == kPayload) {
      rest = rest.from(kAttributeBytes);
      break;
    }
    rest = rest.from((size + 3) & ~std::size_t{3});
  }
  if (family == 2) {
    print_ipv4(p, rest);
  } else if (family == 10) {
    print_ipv6(p, rest);
  } else {
    if (!p.options.link_header) put_head(rest.length() + kAttributeBytes);
    p.unknown_data(rest);
  }
  return whole - rest.captured();
}

std::size_t print_arcnet(Printer& p, Input in) {
  constexpr std::size_t kHeaderBytes = 8;  // of a packet that is not split
  p.set_protocol("arcnet_linux");
  if (in.length() < kHeaderBytes || !in.need(0, kHeaderBytes)) {
    p.truncate();
    return in.captured();
  }
  if (p.options.link_header) {
    p.out.hex(in.u8(0), 2).put(' ').hex(in.u8(1), 2).put(' ');
    constexpr std::uint8_t kOldIp = 0xf0;
    if (in.u8(2) == kOldIp) {
      p.out.put("oldip ");
    } else {
      p.out.hex(in.u8(2), 2).put(' ');
    }
    p.out.dec(in.length()).put(": ");
  }
  const Input payload = in.from(kHeaderBytes);
  switch (in.u8(4)) {
    case 0xd4:
      print_ipv4(p, payload);
      break;
    case 0xd5:
      print_arp(p, payload);
      break;
    case 0xc4:
      print_ipv6(p, payload);
      break;
    default:
      p.unknown_data(in);
  }
  return kHeaderBytes;
}

}  // namespace capstan::text
