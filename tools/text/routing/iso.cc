// OSI network layer protocols by their identifier: CLNP, ES-IS, IS-IS.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kProtocols[] = {{0x00, "NULL"},  {0x08, "Q.933"}, {0x81, "CLNP"},
                                {0x82, "ES-IS"}, {0x83, "IS-IS"}, {0x8e, "IPv6"},
                                {0xcc, "IPv4"},  {0xcf, "PPP"},   {0x80, "SNAP"}};
constexpr Token kPdus[] = {{15, "L1 Lan IIH"}, {16, "L2 Lan IIH"}, {17, "p2p IIH"},
                           {18, "L1 LSP"},     {20, "L2 LSP"},     {24, "L1 CSNP"},
                           {25, "L2 CSNP"},    {26, "L1 PSNP"},    {27, "L2 PSNP"}};

// "4720.0000.0001": the six bytes of a system id, then what follows it after '.' or '-'.
void put_system(Printer& p, const Input& in, std::size_t at, std::size_t size) {
  for (std::size_t i = 0; i < size && i < 6; ++i) {
    if (i > 0 && i % 2 == 0) p.out.put('.');
    p.out.hex(in.u8(at + i), 2);
  }
  if (size >= 7) p.out.put('.').hex(in.u8(at + 6), 2);
  if (size == 8) p.out.put('-').hex(in.u8(at + 7), 2);
}

void put_isis(Printer& p, const Input& in) {
  p.set_protocol("isis");
  if (p.verbose()) {
    print_isis_details(p, in);
    return;
  }
  const std::uint8_t pdu = in.u8(4) & 0x1f;
  if (!p.options.link_header) p.out.put("IS-IS, ");  // it has named the NLPID
  p.token(kPdus, pdu, "unknown, type ");
  switch (pdu) {
    case 15:
    case 16:
      p.out.put(", src-id ");
      put_system(p, in, 9, 6);
      p.out.put(", lan-id ");
      put_system(p, in, 20, 7);
      p.out.put(", prio ").dec(in.u8(19));
      break;
    case 17:
      p.out.put(", src-id ");
      put_system(p, in, 9, 6);
      break;
    case 18:
    case 20:
      p.out.put(", lsp-id ");
      put_system(p, in, 12, 8);
      p.out.put(", seq 0x")
          .hex(in.be32(20), 8)
          .put(", lifetime ")
          .dec_padded(in.be16(10), 5, ' ')
          .put('s');
      break;
    case 24:
    case 25:
    case 26:
    case 27:
      p.out.put(", src-id ");
      put_system(p, in, 10, 7);
      break;
    default:
      break;
  }
  p.out.put(", length ").dec(in.length());
}

}  // namespace

void print_iso(Printer& p, Input in) {
  p.set_protocol("isoclns");
  const std::uint8_t id = in.u8(0);
  if (p.truncated()) return;
  const bool named = p.options.link_header || (id != 0x81 && id != 0x82 && id != 0x83);
  const char* name = find_token(kProtocols, id);
  if (p.options.link_header) {
    p.out.put("OSI NLPID ").put(name != nullptr ? name : "Unknown").put(" (0x").hex(id, 2);
    p.out.put("): ");
  }
  switch (id) {
    case 0x83:
      put_isis(p, in);
      return;
    case 0x81:
      p.out.put("CLNP, length ").dec(in.length());
      return;
    case 0x82:
      p.out.put("ES-IS, length ").dec(in.length());
      return;
    case 0x8e:
      print_ipv6(p, in.from(1));
      return;
    case 0xcc:
      print_ipv4(p, in.from(1));
      return;
    case 0xcf:
      print_ppp(p, in.from(1));
      return;
    default:
      break;
  }
  if (named && !p.options.link_header) p.out.put("Unknown NLPID (0x").hex(id, 2).put("), ");
  p.out.put("length ").dec(in.length());
  if (in.captured() > 1) p.hex_data(in, "\n\t", in.length());
}

}  // namespace capstan::text
