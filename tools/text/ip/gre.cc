// GRE (RFC 2784, RFC 2890, RFC 1701) and the enhanced form PPTP uses (RFC 2637).
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::uint16_t kChecksum = 0x8000;
constexpr std::uint16_t kRouting = 0x4000;
constexpr std::uint16_t kKey = 0x2000;
constexpr std::uint16_t kSequence = 0x1000;
constexpr std::uint16_t kStrictRoute = 0x0800;
constexpr std::uint16_t kAcknowledgment = 0x0080;
constexpr Token kFlags[] = {
    {kChecksum, "checksum present"},
    {kRouting, "routing present"},
    {kKey, "key present"},
    {kSequence, "sequence# present"},
    {kStrictRoute, "source routing present"},
    {kAcknowledgment, "ack present"},
};

void put_protocol(Printer& p, std::uint16_t protocol) {
  const char* name = ethertype_name(protocol);
  p.out.put(", proto ").put(name != nullptr ? name : "unknown").put(" (0x");
  p.out.hex(protocol, 4).put(')');
}

void put_end(Printer& p, std::size_t length) {
  p.out.put(", length ").dec(length).put(p.verbose() ? "\n\t" : ": ");
}

// RFC 1701: source route entries, each of a family, an offset and a length; the last is empty.
Input put_routes(Printer& p, Input in) {
  while (!p.truncated()) {
    const std::uint16_t family = in.be16(0);
    const std::size_t offset = in.u8(2);
    const std::size_t size = in.u8(3);
    if (p.truncated()) return in;
    in = in.from(4);
    if (size == 0) return in;
    if (family == 0x0800) {
      p.out.put(", (rtaf=ip");
      for (std::size_t at = 0; at + 4 <= size && !p.truncated(); at += 4) {
        p.out.put(' ').put(at == offset ? "*" : "").ipv4(in.at(at, 4));
      }
    } else if (family == 0xfffe) {
      p.out.put(", (rtaf=asn");
      for (std::size_t at = 0; at + 2 <= size && !p.truncated(); at += 2) {
        p.out.put(' ').put(at == offset ? "*" : "").hex(in.be16(at));
      }
    } else {
      p.out.put(", (rtaf=0x").hex(family);
    }
    p.out.put(')');
    in = in.from(size);
  }
  return in;
}

void put_payload(Printer& p, std::uint16_t protocol, const Input& in) {
  switch (protocol) {
    case 0x0800:
      print_ipv4(p, in);
      break;
    case 0x86dd:
      print_ipv6(p, in);
      break;
    case 0x8847:
    case 0x8848:
      print_mpls(p, in);
      break;
    case 0x00fe:
      print_iso(p, in);
      break;
    case 0x883e:
      p.out.put("gre-wccp-payload");
      break;
    case 0x6558:
      print_ethernet(p, in, p.options.link_header);
      break;
    default:
      p.out.put("gre-proto-0x").hex(protocol);
  }
}

void put_version_0(Printer& p, Input in, std::uint16_t flags) {
  const std::size_t length = in.length();
  const std::uint16_t protocol = in.be16(2);
  in = in.from(4);
  if ((flags & (kChecksum | kRouting)) != 0) {
    if (p.verbose()) p.out.put(", sum 0x").hex(in.be16(0));
    p.out.put(", off 0x").hex(in.be16(2));
    in = in.from(4);
  }
  if ((flags & kKey) != 0) {
    p.out.put(", key=0x").hex(in.be32(0));
    in = in.from(4);
  }
  if ((flags & kSequence) != 0) {
    p.out.put(", seq ").dec(in.be32(0));
    in = in.from(4);
  }
  if ((flags & kRouting) != 0) in = put_routes(p, in);
  if (p.options.link_header) put_protocol(p, protocol);
  put_end(p, length);
  if (!p.truncated()) put_payload(p, protocol, in);
}

void put_version_1(Printer& p, Input in, std::uint16_t flags) {
  const std::size_t length = in.length();
  const std::uint16_t protocol = in.be16(2);
  in = in.from(4);
  if ((flags & kKey) != 0) {
    p.out.put(", call ").dec(in.be32(0) & 0xffffU);
    in = in.from(4);
  }
  if ((flags & kSequence) != 0) {
    p.out.put(", seq ").dec(in.be32(0));
    in = in.from(4);
  }
  if ((flags & kAcknowledgment) != 0) {
    p.out.put(", ack ").dec(in.be32(0));
    in = in.from(4);
  }
  if ((flags & kSequence) == 0) p.out.put(", no-payload");
  if (p.options.link_header) put_protocol(p, protocol);
  p.out.put(", length ").dec(length);
  if ((flags & kSequence) == 0) return;
  p.out.put(p.verbose() ? "\n\t" : ": ");
  if (p.truncated()) return;
  if (protocol == 0x880b) {
    print_ppp(p, in);
  } else {
    p.out.put("gre-proto-0x").hex(protocol);
  }
}

}  // namespace

void print_gre(Printer& p, Input in) {
  p.set_protocol("gre");
  const std::uint16_t flags = in.be16(0);
  if (p.truncated()) return;
  const unsigned version = flags & 7U;
  p.out.put("GREv").dec(version);
  if (version > 1) {
    p.out.put(" ERROR: unknown-version");
    return;
  }
  if (p.verbose()) {
    p.out.put(", Flags [");
    p.bits(kFlags, flags).put(']');
  }
  if (version == 0) {
    put_version_0(p, in, flags);
  } else {
    put_version_1(p, in, flags);
  }
}

}  // namespace capstan::text
