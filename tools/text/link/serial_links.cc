// Link layers of serial lines: PPP with and without HDLC framing, Cisco HDLC, Frame Relay.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

void put_length(Printer& p, std::size_t length) { p.out.put(", length ").dec(length).put(": "); }

// ---- Frame Relay (ITU-T Q.922 annex A, RFC 2427) ----

constexpr Token kRelayFlags[] = {{0x01, "C!"},   {0x02, "DE"},      {0x04, "BECN"},
                                 {0x08, "FECN"}, {0x10, "sdlcore"}, {0x20, "extd addr"}};

struct RelayAddress {
  std::size_t bytes = 0;  // 0: not understood
  std::uint32_t dlci = 0;
  std::uint32_t flags = 0;
};

// Addresses have 2 to 4 bytes; the lowest bit is set in the last.
RelayAddress read_relay_address(const Input& in) {
  RelayAddress address;
  if (in.length() < 2 || (in.u8(0) & 1U) != 0) return address;
  const std::uint8_t second = in.u8(1);
  address.dlci = (in.u8(0) & 0xfcU) << 2 | second >> 4;
  address.flags = (second & 0x02U) | (second & 0x04U) | (second & 0x08U) | ((in.u8(0) & 2U) >> 1);
  address.bytes = 2;
  if ((second & 1U) != 0) return address;
  address.flags |= 0x20U;
  while (address.bytes < 4 && in.length() > address.bytes) {
    const std::uint8_t next = in.u8(address.bytes++);
    if ((next & 1U) != 0) {
      if ((next & 2U) != 0) {
        address.flags |= 0x10U;
      } else {
        address.dlci = address.dlci << 6 | next >> 2;
      }
      return address;
    }
    address.dlci = address.dlci << 7 | next >> 1;
  }
  return {};
}

void put_relay_head(Printer& p, const RelayAddress& address) {
  p.out.put("Q.922, hdr-len ").dec(address.bytes).put(", DLCI ").dec(address.dlci);
  p.out.put(", Flags [");
  p.bits(kRelayFlags, address.flags).put(']');
}

// The network layer protocol identifiers of RFC 2427 section 3.
std::size_t put_relay_payload(Printer& p, const RelayAddress& address, const Input& in) {
  Input rest = in.from(address.bytes + 1);
  std::size_t header_bytes = address.bytes + 1;
  std::uint8_t nlpid = rest.u8(0);
  if (nlpid == 0 && rest.length() > 1) {  // a pad byte
    rest = rest.from(1);
    header_bytes += 1;
    nlpid = rest.u8(0);
  }
  if (p.truncated()) return header_bytes;
  constexpr Token kNames[] = {{0xcc, "IPv4"},        {0x8e, "IPv6"},  {0x80, "SNAP"},
                              {0x81, "CLNP"},        {0x82, "ES-IS"}, {0x83, "ISIS"},
                              {0xb1, "Frame Relay"}, {0xcf, "PPP"},   {0x08, "Q.933"}};
  if (p.options.link_header) {
    put_relay_head(p, address);
    p.out.put(", NLPID ");
    const char* name = find_token(kNames, nlpid);
    p.out.put(name != nullptr ? name : "unknown").put(" (0x").hex(nlpid, 2).put(')');
    put_length(p, in.length());
  }
  const Input payload = rest.from(1);
  switch (nlpid) {
    case 0xcc:
      print_ipv4(p, payload);
      break;
    case 0x8e:
      print_ipv6(p, payload);
      break;
    case 0x81:
    case 0x82:
    case 0x83:
      print_iso(p, rest);
      break;
    case 0xcf:
      print_ppp(p, payload);
      break;
    case 0x80: {  // an organization and a protocol, as in SNAP
      const std::uint32_t organization = payload.be24(0);
      const std::uint16_t type = payload.be16(3);
      if (p.truncated()) return header_bytes;
      if (organization != 0 || !print_ethertype(p, type, payload.from(5), {})) {
        p.unknown_data(payload);
      }
      break;
    }
    default:
      if (!p.options.link_header) put_relay_head(p, address);
      p.unknown_data(payload);
  }
  return header_bytes;
}

// ---- Cisco HDLC ----

constexpr std::size_t kSlarpBytes = 14;

// Cisco's address resolution and keepalive. A keepalive may say how long the link has been up.
void print_slarp(Printer& p, const Input& in) {
  const std::size_t length = in.length();
  p.set_protocol("chdlc_slarp");
  p.out.put("SLARP (length: ").dec(length).put("), ");
  if (length < kSlarpBytes) {
    p.truncate();
    return;
  }
  const std::uint32_t code = in.be32(0);
  if (p.truncated()) return;
  switch (code) {
    case 0:
      p.out.put("request");
      break;
    case 1:
      p.out.put("reply ").ipv4(in.at(4, 4)).put('/').ipv4(in.at(8, 4));
      break;
    case 2: {
      p.out.put("keepalive: mineseen=0x").hex(in.be32(4), 8).put(", yourseen=0x");
      p.out.hex(in.be32(8), 8).put(", reliability=0x").hex(in.be16(12), 4);
      if (length < kSlarpBytes + 4) break;
      const std::uint32_t seconds = in.be32(kSlarpBytes) / 1000;
      p.out.put(", link uptime=").dec(seconds / 86400).put('d').dec(seconds / 3600 % 24).put('h');
      p.out.dec(seconds / 60 % 60).put('m').dec(seconds % 60).put('s');
      break;
    }
    default:
      p.out.put("0x").hex(code, 2).put(" unknown");
      if (p.options.verbosity <= 1) p.hex_data(in.from(4), "\n\t", length - 4);
  }
  if (length > kSlarpBytes + 4 && p.verbose()) {
    p.out.put(", (trailing junk: ").dec(length - kSlarpBytes - 4).put(" bytes)");
  }
}

}  // namespace

std::size_t print_frame_relay(Printer& p, Input in) {
  p.set_protocol("fr");
  if (in.length() < 4) {
    p.put_truncated();
    return in.captured();
  }
  const RelayAddress address = read_relay_address(in);
  if (p.truncated()) return in.captured();
  if (address.bytes == 0) {
    p.out.put("Q.922, invalid address");
    return 0;
  }
  constexpr std::uint8_t kUnnumbered = 0x03;
  if (in.u8(address.bytes) == kUnnumbered) return put_relay_payload(p, address, in);
  // Cisco's way: an Ethernet type behind the address.
  const std::uint16_t type = in.be16(address.bytes);
  if (p.truncated()) return in.captured();
  const std::size_t header_bytes = address.bytes + 2;
  const auto put_head = [&] {
    put_relay_head(p, address);
    const char* name = ethertype_name(type);
    p.out.put(", cisco-ethertype ").put(name != nullptr ? name : "unknown").put(" (0x");
    p.out.hex(type, 4).put(')');
    put_length(p, in.length());
  };
  if (p.options.link_header) put_head();
  if (!print_ethertype(p, type, in.from(header_bytes), {})) {
    if (!p.options.link_header) put_head();
    p.unknown_data(in.from(header_bytes));
  }
  return header_bytes;
}

std::size_t print_cisco_hdlc(Printer& p, Input in) {
  p.set_protocol("chdlc");
  if (in.length() < 4 || !in.has(0, 4)) {
    p.put_truncated();
    return in.captured();
  }
  const std::uint16_t type = in.be16(2);
  if (p.options.link_header) {
    const std::uint8_t way = in.u8(0);
    if (way == 0x0f) {
      p.out.put("unicast");
    } else if (way == 0x8f) {
      p.out.put("bcast");
    } else {
      p.out.put("0x").hex(way, 2);
    }
    const char* name = ethertype_name(type);
    p.out.put(", ethertype ").put(name != nullptr ? name : "Unknown").put(" (0x").hex(type, 4);
    p.out.put("), length ").dec(in.length()).put(": ");
  }
  const Input payload = in.from(4);
  if (type == 0x8035) {
    print_slarp(p, payload);
  } else if (type == 0xfefe) {
    print_iso(p, payload.u8(1) >= 0x81 && payload.u8(1) <= 0x83 ? payload.from(1) : payload);
  } else if (!print_ethertype(p, type, payload, {})) {
    if (!p.options.link_header) p.out.put("unknown CHDLC protocol (0x").hex(type, 4).put(')');
  }
  return 4;
}

}  // namespace capstan::text
