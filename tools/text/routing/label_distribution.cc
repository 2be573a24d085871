// LDP, the Label Distribution Protocol (RFC 5036 section 3): sessions and, with -v, messages and
// the names of their parts.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 10;
constexpr Token kMessages[] = {
    {0x0001, "Notification"},  {0x0100, "Hello"},         {0x0200, "Initialization"},
    {0x0201, "Keepalive"},     {0x0300, "Address"},       {0x0301, "Address Withdraw"},
    {0x0400, "Label Mapping"}, {0x0401, "Label Request"}, {0x0402, "Label Withdraw"},
    {0x0403, "Label Release"}, {0x0404, "Label Abort"}};
constexpr Token kParts[] = {{0x0100, "FEC"},
                            {0x0101, "Address List"},
                            {0x0103, "Hop Count"},
                            {0x0104, "Path Vector"},
                            {0x0200, "Generic Label"},
                            {0x0201, "ATM Label"},
                            {0x0202, "Frame-Relay Label"},
                            {0x0300, "Status"},
                            {0x0301, "Extended Status"},
                            {0x0302, "Returned PDU"},
                            {0x0303, "Returned MSG"},
                            {0x0400, "Common Hello Parameters"},
                            {0x0401, "IPv4 Transport Address"},
                            {0x0402, "Configuration Sequence Number"},
                            {0x0403, "IPv6 Transport Address"},
                            {0x0500, "Common Session Parameters"},
                            {0x0501, "ATM Session Parameters"},
                            {0x0502, "Frame-Relay Session Parameters"},
                            {0x0600, "Label Request Message ID"}};

void put_unknown_bits(Printer& p, std::uint16_t type) {
  p.out.put(", Flags: [").put((type & 0x8000) != 0 ? "continue processing" : "ignore");
  p.out.put(" and ").put((type & 0x4000) != 0 ? "forward" : "don't forward");
  p.out.put(" if unknown]");
}

void put_part(Printer& p, const Input& in) {
  const std::uint16_t type = in.be16(0);
  const std::size_t size = in.be16(2);
  p.out.put("\n\t    ");
  put_name(p, kParts, type & 0x3fffU, "Unknown").put(" TLV (0x").hex(type & 0x3fffU, 4);
  p.out.put("), length: ").dec(size);
  put_unknown_bits(p, type);
  const Input value = in.from(4).first(size);
  switch (type & 0x3fffU) {
    case 0x0400: {
      const std::uint16_t flags = value.be16(2);
      p.out.put("\n\t      Hold Time: ").dec(value.be16(0)).put("s, Flags: [");
      p.out.put((flags & 0x8000) != 0 ? "Targeted Hello" : "Link Hello");
      if ((flags & 0x4000) != 0) p.out.put(", Request for targeted Hellos");
      p.out.put(']');
      break;
    }
    case 0x0401:
      p.out.put("\n\t      IPv4 Transport Address: ").ipv4(value.at(0, 4));
      break;
    case 0x0403:
      p.out.put("\n\t      IPv6 Transport Address: ").ipv6(value.at(0, 16));
      break;
    case 0x0402:
      p.out.put("\n\t      Sequence Number: ").dec(value.be32(0));
      break;
    case 0x0200:
      p.out.put("\n\t      Label: ").dec(value.be32(0) & 0xfffffU);
      break;
    default:
      break;
  }
}

void put_message(Printer& p, const Input& in) {
  const std::uint16_t type = in.be16(0);
  const std::size_t size = in.be16(2);
  p.out.put("\n\t  ");
  put_name(p, kMessages, type & 0x7fffU, "Unknown").put(" Message (0x").hex(type & 0x7fffU, 4);
  p.out.put("), length: ").dec(size).put(", Message ID: 0x").hex(in.be32(4), 8);
  p.out.put(", Flags: [").put((type & 0x8000) != 0 ? "continue processing" : "ignore");
  p.out.put(" if unknown]");
  Input part = in.from(8).with_length(size < 4 ? 0 : size - 4);
  while (part.length() >= 4 && !p.truncated()) {
    const std::size_t part_bytes = std::size_t{part.be16(2)} + 4;
    if (part_bytes > part.length()) break;
    put_part(p, part);
    part = part.from(part_bytes);
  }
}

}  // namespace

void print_ldp(Printer& p, Input in) {
  p.set_protocol("ldp");
  while (in.length() > kHeaderBytes && !p.truncated()) {
    const std::uint16_t version = in.be16(0);
    const std::size_t size = in.be16(2);
    if (version != 1) {
      p.out.put(p.verbose() ? "\n\tLDP version " : "LDP version ").dec(version);
      p.out.put(" packet not supported");
      return;
    }
    if (size + 4 > in.length() || size < 6) {
      p.put_invalid();
      return;
    }
    p.out.put(p.verbose() ? "\n\t" : "").put("LDP, Label-Space-ID: ").ipv4(in.at(4, 4));
    p.out.put(':').dec(in.be16(8)).put(", pdu-length: ").dec(size);
    if (!p.verbose()) return;
    Input message = in.from(kHeaderBytes).with_length(size - 6);
    while (message.length() >= 8 && !p.truncated()) {
      const std::size_t whole = std::size_t{message.be16(2)} + 4;
      if (whole > message.length() || whole < 8) break;
      put_message(p, message);
      message = message.from(whole);
    }
    in = in.from(size + 4);
  }
}

}  // namespace capstan::text
