// PPPoE (RFC 2516): discovery with its tags, and sessions.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 6;
constexpr Token kCodes[] = {{0x09, "PADI"}, {0x07, "PADO"}, {0x19, "PADR"},
                            {0x65, "PADS"}, {0xa7, "PADT"}, {0x00, ""}};
constexpr Token kTags[] = {
    {0x0000, "EOL"},
    {0x0101, "Service-Name"},
    {0x0102, "AC-Name"},
    {0x0103, "Host-Uniq"},
    {0x0104, "AC-Cookie"},
    {0x0105, "Vendor-Specific"},
    {0x0110, "Relay-Session-ID"},
    {0x0120, "PPP-Max-Payload"},
    {0x0201, "Service-Name-Error"},
    {0x0202, "AC-System-Error"},
    {0x0203, "Generic-Error"},
};
constexpr std::size_t kMaxTagText = 79;
constexpr std::size_t kMaxTagHex = 20;

bool is_text(std::uint8_t byte) noexcept { return byte >= 32 && byte < 127; }

// Text when most of it is, else hex.
void put_tag_value(Printer& p, const Input& value, std::size_t size) {
  const ByteReader shown = value.bytes().first(size < kMaxTagText ? size : kMaxTagText);
  std::size_t printable = 0;
  for (std::size_t i = 0; i < shown.size(); ++i) printable += is_text(shown.u8(i)) ? 1 : 0;
  if (printable > shown.size() - printable) {
    p.out.put(" \"");
    for (std::size_t i = 0; i < shown.size(); ++i) {
      p.out.put(is_text(shown.u8(i)) ? static_cast<char>(shown.u8(i)) : '.');
    }
    p.out.put('"');
    return;
  }
  p.out.put(" 0x");
  static constexpr char kDigits[] = "0123456789ABCDEF";
  for (std::size_t i = 0; i < size && i < kMaxTagHex; ++i) {
    p.out.put(kDigits[value.u8(i) >> 4]).put(kDigits[value.u8(i) & 15]);
  }
  if (size > kMaxTagHex) p.out.put("...");
}

void put_tags(Printer& p, Input in) {
  std::uint16_t tag = 0xffff;
  while (tag != 0 && in.length() > 0 && !p.truncated()) {
    tag = in.be16(0);
    const std::size_t size = in.be16(2);
    if (p.truncated()) return;
    p.out.put(" [");
    if (const char* name = find_token(kTags, tag)) {
      p.out.put(name);
    } else {
      p.out.put("TAG-0x").hex(tag);
    }
    in = in.from(4);
    if (size > 0) {
      if (!in.need(0, size)) return;
      put_tag_value(p, in, size);
    }
    p.out.put(']');
    in = in.from(size);
  }
}

}  // namespace

std::size_t print_pppoe(Printer& p, Input in) {
  p.set_protocol("pppoe");
  if (in.length() < kHeaderBytes || !in.need(0, kHeaderBytes)) {
    p.truncate();
    return in.captured();
  }
  const unsigned version = in.u8(0) >> 4;
  const unsigned type = in.u8(0) & 15U;
  const std::uint8_t code = in.u8(1);
  const std::uint16_t session = in.be16(2);
  const std::size_t size = in.be16(4);
  if (version != 1) p.out.put(" [ver ").dec(version).put(']');
  if (type != 1) p.out.put(" [type ").dec(type).put(']');
  p.out.put("PPPoE ");
  if (const char* name = find_token(kCodes, code)) {
    p.out.put(name);
  } else {
    p.out.put("PAD-");
    static constexpr char kDigits[] = "0123456789ABCDEF";
    if (code > 15) p.out.put(kDigits[code >> 4]);
    p.out.put(kDigits[code & 15]);
  }
  if (code == 0x09 && size > 1484 - kHeaderBytes) p.out.put(" [len ").dec(size).put("!]");
  if (session != 0) p.out.put(" [ses 0x").hex(session).put(']');
  const Input payload = in.from(kHeaderBytes);
  if (payload.length() < size) {
    p.truncate();
    return kHeaderBytes;
  }
  if (code != 0) {
    put_tags(p, payload.with_length(size));
    return 0;
  }
  p.out.put(' ');
  return kHeaderBytes + print_ppp(p, payload.with_length(size));
}

}  // namespace capstan::text
