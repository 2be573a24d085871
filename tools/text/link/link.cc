// Link types: which printer a packet begins with (https://www.tcpdump.org/linktypes.html).
#include "engine/block/packet_view.h"
#include "tools/text/hex_dump.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

void put_ethertype(Printer& p, std::uint16_t type) {
  const char* name = ethertype_name(type);
  p.out.put("ethertype ").put(name != nullptr ? name : "Unknown").put(" (0x");
  p.out.hex(type, 4).put(')');
}

// ---- raw IP ----

std::size_t print_raw(Printer& p, const Input& in) {
  p.set_protocol("raw");
  if (p.options.link_header) p.out.put("ip: ");
  print_ip_any(p, in);
  return 0;
}

// ---- BSD loopback: an address family in the byte order of the machine (NULL) or big-endian (LOOP)

constexpr Token kFamilies[] = {
    {2, "IPv4"},       {24, "IPv6"}, {28, "IPv6"}, {30, "IPv6"},
    {16, "Appletalk"}, {23, "IPX"},  {7, "OSI"},
};
constexpr std::size_t kNullHeaderBytes = 4;

void put_family(Printer& p, std::uint32_t family, std::size_t length) {
  const char* name = find_token(kFamilies, family);
  if (p.options.quiet) {
    p.out.put("AF ").put(name != nullptr ? name : "Unknown");
  } else {
    p.out.put("AF ").put(name != nullptr ? name : "Unknown").put(" (").dec(family).put(')');
  }
  p.out.put(", length ").dec(length).put(": ");
}

std::size_t print_null(Printer& p, const Input& in) {
  p.set_protocol("null");
  if (!in.need(0, kNullHeaderBytes)) return in.captured();
  std::uint32_t family = in.le32(0);
  // A family is a small number: otherwise it was written in the other order.
  if ((family & 0xffff0000) != 0) family = in.be32(0);
  if (p.options.link_header) put_family(p, family, in.length());
  const Input payload = in.from(kNullHeaderBytes);
  switch (family) {
    case 2:
      print_ipv4(p, payload);
      break;
    case 24:
    case 28:
    case 30:
      print_ipv6(p, payload);
      break;
    case 7:
      print_iso(p, payload);
      break;
    case 23:
      print_ipx(p, payload);
      break;
    default:
      if (!p.options.link_header) put_family(p, family, in.length());
      p.unknown_data(payload);
  }
  return kNullHeaderBytes;
}

// ---- Linux cooked (packet(7), "cooked" sockets) ----

constexpr Token kPacketTypes[] = {{0, "In"}, {1, "B"}, {2, "M"}, {3, "P"}, {4, "Out"}};
constexpr std::uint16_t kNovell8023 = 0x0001;
constexpr std::uint16_t kLlc8022 = 0x0004;
constexpr std::uint16_t kMaxLength = 1500;

struct Cooked {
  std::size_t header_bytes;
  std::uint16_t protocol;
  std::size_t packet_length;  // header included
};

void put_cooked_protocol(Printer& p, const Cooked& cooked) {
  if (cooked.protocol <= kMaxLength) {
    p.out.put("802.3");
  } else {
    put_ethertype(p, cooked.protocol);
  }
  p.out.put(", length ").dec(cooked.packet_length).put(": ");
}

std::size_t print_cooked_payload(Printer& p, const Cooked& cooked, Input payload) {
  std::uint16_t type = cooked.protocol;
  std::size_t header_bytes = cooked.header_bytes;
  while (type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200) {
    if (!payload.need(0, 4)) return header_bytes;
    if (p.options.link_header) {
      const std::uint16_t tag = payload.be16(0);
      p.out.put("vlan ").dec(tag & 0xfffU).put(", p ").dec(tag >> 13);
      p.out.put((tag & 0x1000U) != 0 ? ", DEI, " : ", ");
    }
    type = payload.be16(2);
    if (p.options.link_header && type > kMaxLength) {
      put_ethertype(p, type);
      p.out.put(", ");
    }
    payload = payload.from(4);
    header_bytes += 4;
  }
  bool known = true;
  if (type == kLlc8022) {
    header_bytes += print_llc(p, payload, {}, known);
  } else if (type == kNovell8023) {
    print_ipx(p, payload);
  } else if (type <= kMaxLength || !print_ethertype(p, type, payload, {})) {
    if (!p.options.link_header) put_cooked_protocol(p, cooked);
    known = false;
  }
  if (!known) p.unknown_data(payload);
  return header_bytes;
}

std::size_t print_sll(Printer& p, const Input& in) {
  p.set_protocol("sll");
  constexpr std::size_t kHeaderBytes = 16;
  if (!in.need(0, kHeaderBytes)) return in.captured();
  const Cooked cooked{kHeaderBytes, in.be16(14), in.length()};
  if (p.options.link_header) {
    const char* way = find_token(kPacketTypes, in.be16(0));
    const std::string_view text = way != nullptr ? way : "?";
    p.out.fill(' ', 3 - text.size()).put(text).put(' ');
    const std::size_t address_bytes = in.be16(4);
    if (address_bytes > 0 && address_bytes <= 8) p.out.mac(in.data() + 6, address_bytes).put(' ');
    put_cooked_protocol(p, cooked);
  }
  return print_cooked_payload(p, cooked, in.from(kHeaderBytes));
}

std::size_t print_sll2(Printer& p, const Input& in) {
  p.set_protocol("sll2");
  constexpr std::size_t kHeaderBytes = 20;
  if (!in.need(0, kHeaderBytes)) return in.captured();
  const Cooked cooked{kHeaderBytes, in.be16(0), in.length()};
  const std::uint32_t index = in.be32(4);
  const std::string_view name = p.interface_name(index);
  p.out.put(name).fill(' ', name.size() < 5 ? 5 - name.size() : 0).put(' ');
  const char* way = find_token(kPacketTypes, in.u8(10));
  const std::string_view text = way != nullptr ? way : "?";
  p.out.put(text).fill(' ', 3 - text.size()).put(' ');
  if (p.options.link_header) {
    p.out.put("ifindex ").dec(index).put(' ');
    const std::size_t address_bytes = in.u8(11);
    if (address_bytes > 0 && address_bytes <= 8) p.out.mac(in.data() + 12, address_bytes).put(' ');
    put_cooked_protocol(p, cooked);
  }
  return print_cooked_payload(p, cooked, in.from(kHeaderBytes));
}

}  // namespace

std::size_t print_link(Printer& p, Input in, std::uint16_t type) {
  switch (type) {
    case link_type::kEthernet:
      return print_ethernet(p, in, p.options.link_header);
    case link_type::kRaw:
    case link_type::kIpv4:
    case link_type::kIpv6:
      return print_raw(p, in);
    case link_type::kNull:
    case link_type::kLoop:
      return print_null(p, in);
    case link_type::kLinuxSll:
      return print_sll(p, in);
    case link_type::kLinuxSll2:
      return print_sll2(p, in);
    case link_type::kPpp:
    case link_type::kPppHdlc:
      return print_ppp(p, in);
    case link_type::kCiscoHdlc:
      return print_cisco_hdlc(p, in);
    case link_type::kFrameRelay:
      return print_frame_relay(p, in);
    case link_type::kWifi:
      return print_wifi(p, in);
    case link_type::kRadiotap:
      return print_radiotap(p, in);
    case link_type::kArcnetLinux:
      return print_arcnet(p, in);
    case link_type::kNflog:
      return print_nflog(p, in);
    default:
      p.set_protocol("unsupported");
      p.out.put("UNSUPPORTED");
      put_hex(p.out, in.bytes(), "\n\t", true);
      return 0;
  }
}

}  // namespace capstan::text
