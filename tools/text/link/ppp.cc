// PPP (RFC 1661): the protocol field, link and network control, PAP, CHAP.
#include "tools/text/link/ppp.h"

#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kProtocols[] = {
    {0x0021, "IP"},    {0x0023, "OSI"},   {0x0025, "NS"},     {0x0027, "DECNET"},
    {0x0029, "APPLE"}, {0x002b, "IPX"},   {0x002d, "VJC IP"}, {0x002f, "VJC UNCOMP"},
    {0x0031, "BRPDU"}, {0x0033, "STII"},  {0x0035, "VINES"},  {0x003d, "MLPPP"},
    {0x0057, "IP6"},   {0x00fb, "COMP"},  {0x00fd, "COMP"},   {0x0201, "LANPDU"},
    {0x0231, "HELLO"}, {0x0281, "MPLS"},  {0x0283, "MPLS"},   {0x8021, "IPCP"},
    {0x8023, "OSICP"}, {0x802b, "IPXCP"}, {0x8031, "BACP"},   {0x8057, "IP6CP"},
    {0x80fb, "ECCP"},  {0x80fd, "CCP"},   {0x8281, "MPLSCP"}, {0xc021, "LCP"},
    {0xc023, "PAP"},   {0xc025, "LQM"},   {0xc027, "SPAP"},   {0xc02b, "BACP"},
    {0xc02d, "BAP"},   {0xc223, "CHAP"},  {0xc227, "EAP"},    {0xc281, "SPAP-OLD"},
};

constexpr Token kPapCodes[] = {{1, "Auth-Req"}, {2, "Auth-ACK"}, {3, "Auth-NACK"}};
constexpr Token kChapCodes[] = {{1, "Challenge"}, {2, "Response"}, {3, "Success"}, {4, "Fail"}};

// RFC 1334 section 2
void print_pap(Printer& p, Input in) {
  if (in.length() < 4) {
    p.truncate();
    return;
  }
  const std::uint8_t code = in.u8(0);
  const std::uint8_t id = in.u8(1);
  const std::size_t size = in.be16(2);
  p.out.put("PAP, ");
  p.token(kPapCodes, code, "unknown (", ")");
  p.out.put(" (0x").hex(code, 2).put("), id ").dec(id);
  if (size < 4) {
    p.truncate();
    return;
  }
  if (code == 1) {
    std::size_t at = 4;
    for (const char* label : {", Peer ", ", Name "}) {
      if (size - at < 1) return;
      const std::size_t text = in.u8(at);
      ++at;
      if (size - at < text) return;
      p.out.put(label);
      p.safe_text(in.from(at), text);
      at += text;
    }
  } else if (code == 2 || code == 3) {
    if (size <= 4) return;
    const std::size_t text = in.u8(4);
    if (size - 5 < text) return;
    p.out.put(", Msg ");
    p.safe_text(in.from(5), text);
  }
}

// RFC 1994 section 4
void print_chap(Printer& p, Input in) {
  if (in.length() < 1) {
    p.truncate();
    return;
  }
  if (in.length() < 4) {
    p.truncate();
    return;
  }
  const std::uint8_t code = in.u8(0);
  const std::uint8_t id = in.u8(1);
  const std::size_t size = in.be16(2);
  p.out.put("CHAP, ");
  p.token(kChapCodes, code, "unknown (", ")");
  p.out.put(", id ").dec(id);
  if (code == 1 || code == 2) {
    if (size < 5) return;
    const std::size_t value = in.u8(4);
    if (size - 5 < value) return;
    p.out.put(", Value ");
    for (std::size_t i = 0; i < value && !p.truncated(); ++i) p.out.hex(in.u8(5 + i), 2);
    p.out.put(", Name ");
    p.safe_text(in.from(5 + value), size - 5 - value);
  } else if (code == 3 || code == 4) {
    p.out.put(", Msg ");
    p.safe_text(in.from(4), size < 4 ? 0 : size - 4);
  }
}

}  // namespace

const char* ppp_protocol_name(std::uint16_t protocol) noexcept {
  return find_token(kProtocols, protocol);
}

void print_ppp_payload(Printer& p, std::uint16_t protocol, Input in) {
  switch (protocol) {
    case 0xc021:
    case 0x8021:
    case 0x8023:
    case 0x8281:
    case 0x8057:
    case 0x80fd:
    case 0xc02b:
      print_ppp_control(p, protocol, in);
      break;
    case 0xc023:
      print_pap(p, in);
      break;
    case 0xc223:
      print_chap(p, in);
      break;
    case 0xc227:
      print_eap(p, in);
      break;
    case 0x0800:
    case 0x0021:
    case 0x002f:
      print_ipv4(p, in);
      break;
    case 0x86dd:
    case 0x0057:
      print_ipv6(p, in);
      break;
    case 0x8137:
    case 0x002b:
      print_ipx(p, in);
      break;
    case 0x0023:
      print_iso(p, in);
      break;
    case 0x0281:
    case 0x0283:
      print_mpls(p, in);
      break;
    case 0x00fd:
      p.out.put("COMP ");
      break;
    default:
      if (const char* name = ppp_protocol_name(protocol)) {
        p.out.put(name).put(' ');
      } else {
        p.out.put("unknown PPP protocol (0x").hex(protocol, 4).put(") ");
      }
      p.hex_data(in, "\n\t", in.length());
  }
}

std::size_t print_ppp(Printer& p, Input in) {
  p.set_protocol("ppp");
  const std::size_t whole = in.length();
  if (in.length() < 2 || !in.has(0, 2)) {
    p.put_truncated();
    return 0;
  }
  std::size_t header_bytes = 0;
  const std::uint16_t first = in.be16(0);
  if (first == 0xff03 || first == 0x0003 || first == 0x0103) {
    // 0 and 1 in front of the control byte tell the direction.
    if (first != 0xff03 && p.options.link_header) p.out.put(first == 0x0003 ? "In  " : "Out ");
    in = in.from(2);
    header_bytes = 2;
  }
  if (in.length() < 2) {
    p.put_truncated();
    return 0;
  }
  std::uint16_t protocol = in.u8(0);
  if (protocol % 2 != 0) {  // compressed to a byte (RFC 1661 section 6.5)
    in = in.from(1);
    header_bytes += 1;
  } else {
    protocol = in.be16(0);
    in = in.from(2);
    header_bytes += 2;
  }
  if (p.options.link_header) {
    const char* name = ppp_protocol_name(protocol);
    p.out.put(name != nullptr ? name : "unknown").put(" (0x").hex(protocol, 4);
    p.out.put("), length ").dec(whole).put(": ");
  }
  print_ppp_payload(p, protocol, in);
  return header_bytes;
}

}  // namespace capstan::text
