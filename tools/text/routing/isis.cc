// IS-IS with -v (ISO/IEC 10589 section 9; RFC 1195, RFC 5305, RFC 5308): headers and TLVs.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kPdus[] = {{15, "L1 Lan IIH"}, {16, "L2 Lan IIH"}, {17, "p2p IIH"},
                           {18, "L1 LSP"},     {20, "L2 LSP"},     {24, "L1 CSNP"},
                           {25, "L2 CSNP"},    {26, "L1 PSNP"},    {27, "L2 PSNP"}};
constexpr Token kCircuits[] = {{1, "Level 1 only"}, {2, "Level 2 only"}, {3, "Level 1, Level 2"}};
constexpr Token kTlvs[] = {{1, "Area address(es)"},
                           {2, "IS Reachability"},
                           {6, "IS Neighbor(s)"},
                           {8, "Padding"},
                           {9, "LSP entries"},
                           {10, "Authentication"},
                           {12, "Checksum"},
                           {14, "LSP BufferSize"},
                           {22, "Extended IS Reachability"},
                           {128, "IPv4 Internal Reachability"},
                           {129, "Protocols supported"},
                           {130, "IPv4 External Reachability"},
                           {132, "IPv4 Interface address(es)"},
                           {134, "Traffic Engineering Router ID"},
                           {135, "Extended IPv4 Reachability"},
                           {137, "Hostname"},
                           {211, "Restart Signaling"},
                           {222, "Multi-Topology IS Reachability"},
                           {229, "Multi Topology"},
                           {232, "IPv6 Interface address(es)"},
                           {236, "IPv6 reachability"},
                           {240, "Point-to-point Adjacency State"},
                           {242, "IS-IS Router Capability"}};
constexpr Token kNetworkProtocols[] = {
    {0x81, "CLNP"}, {0x82, "ES-IS"}, {0x83, "IS-IS"}, {0xcc, "IPv4"}, {0x8e, "IPv6"}};
constexpr Token kRestartFlags[] = {{1, "Restart Request"},
                                   {2, "Restart Acknowledgement"},
                                   {4, "Suppress adjacency advertisement"}};

// "0000.0000.0002", with more bytes "….09" and "….09-00".
void put_id(Printer& p, const Input& in, std::size_t at, std::size_t size) {
  const std::uint8_t* id = in.at(at, size);
  for (std::size_t i = 0; i < 6; ++i) {
    if (i > 0 && i % 2 == 0) p.out.put('.');
    p.out.hex(id[i], 2);
  }
  if (size >= 7) p.out.put('.').hex(id[6], 2);
  if (size == 8) p.out.put('-').hex(id[7], 2);
}

// Whether Fletcher's sums over the bytes come out as zero (ISO/IEC 10589 section 7.3.11).
bool sums_to_zero(const Input& in, std::size_t from, std::size_t to) {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  for (std::size_t i = from; i < to; ++i) {
    first = (first + in.bytes().u8(i)) % 255;
    second = (second + first) % 255;
  }
  return first == 0 && second == 0;
}

void put_areas(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const std::size_t size = in.u8(0);
    if (size + 1 > in.length()) return;
    p.out.put("\n\t      Area address (length: ").dec(size).put("): ");
    for (std::size_t i = 0; i < size && !p.truncated(); ++i) {
      if (i % 2 == 1) p.out.put('.');
      p.out.hex(in.u8(1 + i), 2);
    }
    in = in.from(1 + size);
  }
}

// "    10.0.0.0": right-aligned in the width of the longest address.
void put_prefix4(Printer& p, const std::uint8_t* address, unsigned bits) {
  constexpr std::size_t kWidth = 15;
  const std::size_t start = p.out.size();
  p.out.ipv4(address);
  const std::size_t size = p.out.size() - start;
  p.out.rewind(start);
  p.out.put("\n\t      IPv4 prefix: ").fill(' ', size < kWidth ? kWidth - size : 0);
  p.out.ipv4(address).put('/').dec(bits);
}

void put_extended_reach4(Printer& p, Input in) {
  while (in.length() >= 5 && !p.truncated()) {
    const std::uint8_t control = in.u8(4);
    const unsigned bits = control & 0x3fU;
    const std::size_t bytes = (bits + 7) / 8;
    if (bits > 32 || 5 + bytes > in.length()) return;
    std::uint8_t address[4] = {};
    for (std::size_t i = 0; i < bytes; ++i) address[i] = in.u8(5 + i);
    put_prefix4(p, address, bits);
    p.out.put(", Distribution: ").put((control & 0x80) != 0 ? "down" : "up");
    p.out.put(", Metric: ").dec(in.be32(0));
    std::size_t used = 5 + bytes;
    if ((control & 0x40) != 0) {
      const std::size_t parts = in.u8(used);
      p.out.put(", sub-TLVs present (").dec(parts).put(')');
      used += 1 + parts;
    }
    in = in.from(used);
  }
}

void put_reach6(Printer& p, Input in) {
  while (in.length() >= 6 && !p.truncated()) {
    const std::uint8_t control = in.u8(4);
    const unsigned bits = in.u8(5);
    const std::size_t bytes = (bits + 7) / 8;
    if (bits > 128 || 6 + bytes > in.length()) return;
    std::uint8_t address[16] = {};
    for (std::size_t i = 0; i < bytes; ++i) address[i] = in.u8(6 + i);
    p.out.put("\n\t      IPv6 prefix: ").ipv6(address).put('/').dec(bits);
    p.out.put(", Distribution: ").put((control & 0x80) != 0 ? "down" : "up");
    p.out.put(", Metric: ").dec(in.be32(0));
    p.out.put((control & 0x40) != 0 ? ", External" : ", Internal");
    std::size_t used = 6 + bytes;
    if ((control & 0x20) != 0) {
      const std::size_t parts = in.u8(used);
      p.out.put(", sub-TLVs present (").dec(parts).put(')');
      used += 1 + parts;
    }
    in = in.from(used);
  }
}

unsigned mask_bits(std::uint32_t mask) {
  unsigned bits = 0;
  while (bits < 32 && (mask >> (31 - bits) & 1U) != 0) ++bits;
  return bits;
}

void put_old_reach4(Printer& p, const Input& in) {
  for (std::size_t at = 0; at + 12 <= in.length() && !p.truncated(); at += 12) {
    const std::uint8_t metric = in.u8(at);
    put_prefix4(p, in.at(at + 4, 4), mask_bits(in.be32(at + 8)));
    p.out.put(", Distribution: ").put((metric & 0x80) != 0 ? "down" : "up");
    p.out.put(", Metric: ").dec(metric & 0x3fU);
    p.out.put((metric & 0x40) != 0 ? ", External" : ", Internal");
  }
}

void put_neighbors(Printer& p, std::uint8_t type, Input in) {
  if (type == 2) {
    p.out.put("\n\t      ").put(in.u8(0) != 0 ? "IsVirtual" : "IsNotVirtual");
    in = in.from(1);
    for (; in.length() >= 11 && !p.truncated(); in = in.from(11)) {
      p.out.put("\n\t      IS Neighbor: ");
      put_id(p, in, 4, 7);
      p.out.put(", Default Metric: ").dec(in.u8(0) & 0x3fU);
      p.out.put((in.u8(0) & 0x40) != 0 ? ", External" : ", Internal");
    }
    return;
  }
  while (in.length() >= 11 && !p.truncated()) {
    p.out.put("\n\t      IS Neighbor: ");
    put_id(p, in, 0, 7);
    const std::size_t parts = in.u8(10);
    p.out.put(", Metric: ").dec(in.be24(7));
    if (parts == 0) {
      p.out.put(", no sub-TLVs present");
    } else {
      p.out.put(", sub-TLVs present (").dec(parts).put(')');
    }
    in = in.from(11 + parts);
  }
}

void put_lsp_entries(Printer& p, const Input& in) {
  for (std::size_t at = 0; at + 16 <= in.length() && !p.truncated(); at += 16) {
    p.out.put("\n\t      lsp-id: ");
    put_id(p, in, at + 2, 8);
    p.out.put(", seq: 0x").hex(in.be32(at + 10), 8).put(", lifetime: ");
    p.out.dec_padded(in.be16(at), 5, ' ').put("s, chksum: 0x").hex(in.be16(at + 14), 4);
  }
}

void put_tlv(Printer& p, std::uint8_t type, const Input& in) {
  const std::size_t size = in.length();
  switch (type) {
    case 1:
      return put_areas(p, in);
    case 2:
    case 22:
      return put_neighbors(p, type, in);
    case 6:
      for (std::size_t at = 0; at + 6 <= size && !p.truncated(); at += 6) {
        p.out.put("\n\t      SNPA: ");
        put_id(p, in, at, 6);
      }
      return;
    case 8:
      return;
    case 9:
      return put_lsp_entries(p, in);
    case 128:
    case 130:
      return put_old_reach4(p, in);
    case 129:
      p.out.put("\n\t      NLPID(s): ");
      for (std::size_t i = 0; i < size && !p.truncated(); ++i) {
        p.out.put(i > 0 ? ", " : "");
        put_name(p, kNetworkProtocols, in.u8(i), "unknown").put(" (0x").hex(in.u8(i), 2).put(')');
      }
      return;
    case 132:
      for (std::size_t at = 0; at + 4 <= size && !p.truncated(); at += 4) {
        p.out.put("\n\t      IPv4 interface address: ").ipv4(in.at(at, 4));
      }
      return;
    case 134:
      p.out.put("\n\t      Traffic Engineering Router ID: ").ipv4(in.at(0, 4));
      return;
    case 135:
      return put_extended_reach4(p, in);
    case 137:
      p.out.put("\n\t      Hostname: ");
      p.safe_text(in, size);
      return;
    case 211:
      p.out.put("\n\t      Flags [");
      p.bits(kRestartFlags, in.u8(0)).put(']');
      if (size >= 3) p.out.put(", Remaining holding time ").dec(in.be16(1)).put('s');
      return;
    case 232:
      for (std::size_t at = 0; at + 16 <= size && !p.truncated(); at += 16) {
        p.out.put("\n\t      IPv6 interface address: ").ipv6(in.at(at, 16));
      }
      return;
    case 236:
      return put_reach6(p, in);
    case 242: {
      constexpr Token kFlags[] = {{1, "S bit"}, {2, "D bit"}};
      p.out.put("\n\t      Router-ID ").ipv4(in.at(0, 4)).put(", Flags [");
      p.bits(kFlags, in.u8(4)).put(']');
      return;
    }
    default:
      p.hex_data(in, "\n\t      ", size);
  }
}

// The fixed part behind the common header. Gives where the TLVs begin; 0: none are known.
std::size_t put_head(Printer& p, const Input& in, std::uint8_t pdu) {
  switch (pdu) {
    case 15:
    case 16:
    case 17:
      p.out.put("\n\t  source-id: ");
      put_id(p, in, 9, 6);
      p.out.put(pdu == 17 ? ", holding time: " : ",  holding time: ").dec(in.be16(15));
      p.out.put("s, Flags: [");
      p.token(kCircuits, in.u8(8), "unknown circuit type 0x0").put(']');
      if (pdu == 17) {
        p.out.put("\n\t  circuit-id: 0x").hex(in.u8(19), 2);
        p.out.put(", PDU length: ").dec(in.be16(17));
        return 20;
      }
      p.out.put("\n\t  lan-id:    ");
      put_id(p, in, 20, 7);
      p.out.put(", Priority: ").dec(in.u8(19) & 0x7fU).put(", PDU length: ").dec(in.be16(17));
      return 27;
    case 18:
    case 20: {
      constexpr Token kLevels[] = {{1, "L1 IS"}, {3, "L2 IS"}};
      const std::uint8_t flags = in.u8(26);
      p.out.put("\n\t  lsp-id: ");
      put_id(p, in, 12, 8);
      p.out.put(", seq: 0x").hex(in.be32(20), 8).put(", lifetime: ");
      p.out.dec_padded(in.be16(10), 5, ' ').put('s');
      p.out.put("\n\t  chksum: 0x").hex(in.be16(24), 4);
      const std::size_t size = in.be16(8);
      if (in.be16(10) == 0) {
        p.out.put(" (purged)");
      } else if (in.has(0, size) && size > 12) {
        p.out.put(sums_to_zero(in, 12, size) ? " (correct)" : " (incorrect)");
      }
      p.out.put(", PDU length: ").dec(size).put(", Flags: [ ");
      if ((flags & 0x04) != 0) p.out.put("Overload bit set, ");
      if ((flags & 0x08) != 0) p.out.put("default ATT bit set, ");
      if ((flags & 0x10) != 0) p.out.put("delay ATT bit set, ");
      if ((flags & 0x20) != 0) p.out.put("expense ATT bit set, ");
      if ((flags & 0x40) != 0) p.out.put("error ATT bit set, ");
      if ((flags & 0x80) != 0) p.out.put("Partition bit set, ");
      p.token(kLevels, flags & 3U, "Unknown IS Type 0x").put(" ]");
      return 27;
    }
    case 24:
    case 25:
      p.out.put("\n\t  source-id:    ");
      put_id(p, in, 10, 7);
      p.out.put(", PDU length: ").dec(in.be16(8)).put("\n\t  start lsp-id: ");
      put_id(p, in, 17, 8);
      p.out.put("\n\t  end lsp-id:   ");
      put_id(p, in, 25, 8);
      return 33;
    case 26:
    case 27:
      p.out.put("\n\t  source-id: ");
      put_id(p, in, 10, 7);
      p.out.put(", PDU length: ").dec(in.be16(8));
      return 17;
    default:
      return 0;
  }
}

}  // namespace

void print_isis_details(Printer& p, Input in) {
  const std::uint8_t pdu = in.u8(4) & 0x1fU;
  p.out.put(p.options.link_header ? "length " : "IS-IS, length ").dec(in.length()).put("\n\t");
  p.token(kPdus, pdu, "unknown, type ");
  p.out.put(", hlen: ").dec(in.u8(1)).put(", v: ").dec(in.u8(2)).put(", pdu-v: ").dec(in.u8(5));
  const std::uint8_t id_bytes = in.u8(3);
  const std::uint8_t areas = in.u8(7);
  p.out.put(", sys-id-len: ").dec(id_bytes == 0 ? 6U : id_bytes).put(" (").dec(id_bytes);
  p.out.put("), max-area: ").dec(areas == 0 ? 3U : areas).put(" (").dec(areas).put(')');
  const std::size_t at = put_head(p, in, pdu);
  if (at == 0) return;
  Input rest = in.from(at);
  while (rest.length() >= 2 && !p.truncated()) {
    const std::uint8_t type = rest.u8(0);
    const std::size_t size = rest.u8(1);
    p.out.put("\n\t    ");
    put_name(p, kTlvs, type, "unknown").put(" TLV #").dec(type).put(", length: ").dec(size);
    if (size + 2 > rest.length()) return void(p.put_invalid());
    if (!rest.need(2, size)) return;
    put_tlv(p, type, rest.from(2).first(size));
    rest = rest.from(2 + size);
  }
}

}  // namespace capstan::text
