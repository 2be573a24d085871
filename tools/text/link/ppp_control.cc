// PPP control protocols: LCP (RFC 1661), IPCP (RFC 1332, RFC 1877), IPV6CP (RFC 5072), CCP, BACP.
#include "tools/text/link/ppp.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::uint16_t kLcp = 0xc021;
constexpr std::uint16_t kIpcp = 0x8021;
constexpr std::uint16_t kIpv6cp = 0x8057;
constexpr std::uint16_t kCcp = 0x80fd;
constexpr std::uint16_t kBacp = 0xc02b;

constexpr Token kCodes[] = {
    {0, "Vendor-Extension"}, {1, "Conf-Request"},    {2, "Conf-Ack"},    {3, "Conf-Nack"},
    {4, "Conf-Reject"},      {5, "Term-Request"},    {6, "Term-Ack"},    {7, "Code-Reject"},
    {8, "Prot-Reject"},      {9, "Echo-Request"},    {10, "Echo-Reply"}, {11, "Discard-Req"},
    {12, "Ident"},           {13, "Time-Remaining"}, {14, "Reset-Req"},  {15, "Reset-Ack"},
};

constexpr Token kLcpOptions[] = {
    {0, "Vend-Ext"},
    {1, "MRU"},
    {2, "ACCM"},
    {3, "Auth-Prot"},
    {4, "Qual-Prot"},
    {5, "Magic-Num"},
    {6, "deprecated(6)"},
    {7, "PFC"},
    {8, "ACFC"},
    {9, "FCS-Alt"},
    {10, "SDP"},
    {11, "Numbered-Mode"},
    {12, "deprecated(12)"},
    {13, "Call-Back"},
    {14, "deprecated(14)"},
    {15, "deprecated(15)"},
    {16, "deprecated(16)"},
    {17, "MRRU"},
    {18, "12-Bit seq #"},
    {19, "End-Disc"},
    {20, "Proprietary"},
    {21, "DCE-Id"},
    {22, "MP+"},
    {23, "Link-Disc"},
    {24, "LCP-Auth-Opt"},
};
constexpr Token kIpcpOptions[] = {
    {1, "IP-Addrs"},  {2, "IP-Comp"},    {3, "IP-Addr"},   {4, "Home-Addr"},
    {129, "Pri-DNS"}, {130, "Pri-NBNS"}, {131, "Sec-DNS"}, {132, "Sec-NBNS"},
};
constexpr Token kIpv6cpOptions[] = {{1, "Interface-ID"}};
constexpr Token kCcpOptions[] = {
    {0, "OUI"},      {1, "Pred-1"},   {2, "Pred-2"},    {3, "Puddle"},   {16, "HP-PPC"},
    {17, "Stac"},    {18, "MPPC"},    {19, "Gand-FZA"}, {20, "V.42bis"}, {21, "BSD-Comp"},
    {23, "LZS-DCP"}, {24, "Deflate"}, {26, "Deflate"},  {27, "V.44"},    {28, "MVRCA"},
};
constexpr Token kBacpOptions[] = {{1, "Favored-Peer"}};
constexpr Token kChapAlgorithms[] = {
    {5, "MD5"}, {6, "SHA-1"}, {128, "MS-CHAPv1"}, {129, "MS-CHAPv2"}};

std::span<const Token> options_of(std::uint16_t protocol) noexcept {
  switch (protocol) {
    case kLcp:
      return kLcpOptions;
    case kIpcp:
      return kIpcpOptions;
    case kIpv6cp:
      return kIpv6cpOptions;
    case kCcp:
      return kCcpOptions;
    case kBacp:
      return kBacpOptions;
    default:
      return {};
  }
}

void put_authentication(Printer& p, const Input& option, std::size_t size) {
  if (size < 4) return;
  const std::uint16_t protocol = option.be16(2);
  p.out.put(": ");
  const char* name = ppp_protocol_name(protocol);
  if (name != nullptr) {
    p.out.put(name);
  } else {
    p.out.put("unknown Auth Proto (0x").hex(protocol, 4).put(')');
  }
  if (protocol == 0xc223 && size >= 5) {
    p.out.put(", ");
    p.token(kChapAlgorithms, option.u8(4), "unknown Auth Alg ");
  } else if (protocol != 0xc023 && protocol != 0xc223 && protocol != 0xc227 && size > 4) {
    p.hex_data(option.from(2), "\n\t", size - 2);
  }
}

void put_lcp(Printer& p, const Input& option, std::uint8_t kind, std::size_t size) {
  switch (kind) {
    case 1:
      if (size == 4) p.out.put(": ").dec(option.be16(2));
      if (size != 4) p.out.put(" (length bogus, should be = 4)");
      break;
    case 2:
      if (size == 6) p.out.put(": 0x").hex(option.be32(2), 8);
      if (size != 6) p.out.put(" (length bogus, should be = 6)");
      break;
    case 3:
      put_authentication(p, option, size);
      break;
    case 4:
      if (size >= 4) {
        p.out.put(option.be16(2) == 0xc025 ? ": LQR" : ": unknown");
      }
      break;
    case 5:
      if (size == 6) p.out.put(": 0x").hex(option.be32(2), 8);
      if (size != 6) p.out.put(" (length bogus, should be = 6)");
      break;
    case 9:
      if (size == 3) p.out.put(": 0x").hex(option.u8(2), 2);
      break;
    case 17:
      if (size == 4) p.out.put(": ").dec(option.be16(2));
      break;
    case 23:
      if (size == 4) p.out.put(": 0x").hex(option.be16(2), 4);
      break;
    default:
      if (p.options.verbosity < 2 && size > 2 && (kind == 0 || kind == 19 || kind > 24)) {
        p.hex_data(option.from(2), "\n\t    ", size - 2);
      }
  }
}

void put_ipcp(Printer& p, const Input& option, std::uint8_t kind, std::size_t size) {
  switch (kind) {
    case 1:
      if (size != 10) {
        p.out.put(" (length bogus, should be = 10)");
        return;
      }
      p.out.put(": src ");
      p.host4(option.at(2, 4)).put(", dst ");
      p.host4(option.at(6, 4));
      break;
    case 2:
      if (size < 4) return;
      p.out.put(": ");
      p.out.put(option.be16(2) == 0x002d ? "VJ-Comp" : "unknown compression");
      p.out.put(" (0x").hex(option.be16(2), 2).put("):");
      break;
    case 3:
    case 4:
    case 129:
    case 130:
    case 131:
    case 132:
      if (size != 6) {
        p.out.put(" (length bogus, should be = 6)");
        return;
      }
      p.out.put(": ");
      p.host4(option.at(2, 4));
      break;
    default:
      if (p.options.verbosity < 2) p.hex_data(option.from(2), "\n\t    ", size - 2);
  }
}

void put_ipv6cp(Printer& p, const Input& option, std::uint8_t kind, std::size_t size) {
  if (kind == 1 && size == 10) {
    p.out.put(": ").hex(option.be16(2), 4).put(':').hex(option.be16(4), 4);
    p.out.put(':').hex(option.be16(6), 4).put(':').hex(option.be16(8), 4);
  } else if (p.options.verbosity < 2) {
    p.hex_data(option.from(2), "\n\t    ", size - 2);
  }
}

void put_options(Printer& p, std::uint16_t protocol, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    if (in.length() < 2) return;
    const std::uint8_t kind = in.u8(0);
    const std::size_t size = in.u8(1);
    if (p.truncated()) return;
    if (size > in.length()) return;
    const char* name = find_token(options_of(protocol), kind);
    p.out.put("\n\t  ").put(name != nullptr ? name : "Unknown").put(" Option (0x").hex(kind, 2);
    if (size < 2) {
      p.out.put("), length ").dec(size).put(" (length bogus, should be >= 2)");
      return;
    }
    p.out.put("), length ").dec(size);
    if (protocol == kLcp) put_lcp(p, in, kind, size);
    if (protocol == kIpcp) put_ipcp(p, in, kind, size);
    if (protocol == kIpv6cp) put_ipv6cp(p, in, kind, size);
    if (p.options.verbosity > 1) p.hex_data(in.from(2), "\n\t    ", size - 2);
    in = in.from(size);
  }
}

void put_body(Printer& p, std::uint16_t protocol, std::uint8_t code, const Input& in,
              std::size_t size) {
  const Input body = in.from(4).with_length(size - 4);
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4:
      put_options(p, protocol, body);
      break;
    case 5:
    case 6:
      p.hex_data(body, "\n\t", size - 4);
      break;
    case 7:
      p.out.put("\n\t  Rejected ").dec(size - 4).put("-Byte").put(" Packet");
      p.hex_data(body, "\n\t    ", size - 4);
      break;
    case 8: {
      if (size < 6) return;
      const char* name = ppp_protocol_name(body.be16(0));
      p.out.put("\n\t  Rejected ").put(name != nullptr ? name : "unknown").put(" Protocol (0x");
      p.out.hex(body.be16(0), 4).put(')');
      if (size > 6) {
        p.out.put("\n\t  Rejected Packet");
        p.hex_data(body.from(2), "\n\t    ", size - 6);
      }
      break;
    }
    case 9:
    case 10:
    case 11:
    case 12:
      if (size < 8) return;
      p.out.put("\n\t  Magic-Num 0x").hex(body.be32(0), 8);
      if (size > 8 && code != 12) {
        p.out.put("\n\t  -----trailing data-----");
        p.hex_data(body.from(4), "\n\t    ", size - 8);
      } else if (size > 8) {
        p.out.put(" Data: ");
        p.safe_text(body.from(4), size - 8);
      }
      break;
    case 13:
      if (size < 12) return;
      p.out.put("\n\t  Magic-Num 0x").hex(body.be32(0), 8).put(", Seconds-Remaining ");
      p.out.dec(body.be32(4)).put('s');
      break;
    default:
      if (p.options.verbosity <= 1) p.hex_data(in, "\n\t    ", size);
  }
}

}  // namespace

void print_ppp_control(Printer& p, std::uint16_t protocol, Input in) {
  const char* name = ppp_protocol_name(protocol);
  p.out.put(name != nullptr ? name : "unknown ctrl-proto").put(", ");
  if (in.length() < 4) {
    p.truncate();
    return;
  }
  const std::uint8_t code = in.u8(0);
  const std::uint8_t id = in.u8(1);
  const char* code_name = find_token(kCodes, code);
  p.out.put(code_name != nullptr ? code_name : "Unknown Opcode").put(" (0x").hex(code, 2);
  p.out.put("), id ").dec(id).put(", length ").dec(in.length() + 2);
  if (!p.verbose()) return;
  const std::size_t size = in.be16(2);
  if (size < 4) {
    p.out.put("\n\tencoded length ").dec(size).put(" (< 4))");
    return;
  }
  if (size > in.length()) {
    p.out.put("\n\tencoded length ").dec(size).put(" (> packet length ").dec(in.length());
    p.out.put("))");
    return;
  }
  p.out.put("\n\tencoded length ").dec(size).put(" (=Option(s) length ").dec(size - 4).put(')');
  if (size == 4) return;
  put_body(p, protocol, code, in, size);
}

}  // namespace capstan::text
