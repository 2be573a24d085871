// ICMP extension objects: MPLS label stacks (RFC 4950) and interface information (RFC 5837).
#include "engine/flow/checksum.h"
#include "tools/text/ip/icmp.h"

namespace capstan::text {

namespace {

constexpr std::size_t kQuoteBytes = 128;  // RFC 4884 section 5.5: where old senders put them
constexpr std::size_t kStart = 8 + kQuoteBytes;
constexpr std::size_t kObjectHeadBytes = 4;

enum Class : std::uint8_t { kMplsStack = 1, kInterface = 2 };
constexpr Token kClasses[] = {{kMplsStack, "MPLS Stack Entry"},
                              {kInterface, "Interface Identification"}};
constexpr Token kRoles[] = {
    {0, "the IP interface upon which datagram arrived"},
    {1, "the sub-IP component of an IP interface"},
    {2, "the IP interface through which the datagram would have been forwarded"},
    {3, "the IP next hop to which datagram would be forwarded"},
};

// Bits of the class type: what an interface object holds.
constexpr unsigned kHasIndex = 8;
constexpr unsigned kHasAddress = 4;
constexpr unsigned kHasName = 2;
constexpr unsigned kHasMtu = 1;

void put_label(Printer& p, const Input& body) {
  const std::uint32_t entry = body.be32(0);
  p.out.put("\n\t    label ").dec(entry >> 12).put(", tc ").dec(entry >> 9 & 7U);
  if ((entry & 0x100) != 0) p.out.put(", [S]");
  p.out.put(", ttl ").dec(entry & 0xffU);
}

void put_interface(Printer& p, Input body, std::uint8_t type) {
  const unsigned role = type >> 6;
  p.out.put("\n\t\t This object describes ");
  p.token(kRoles, role, "an unknown interface role ");
  if ((type & kHasIndex) != 0) {
    p.out.put("\n\t\t Interface Index, length 4: ").dec(body.be32(0));
    body = body.from(4);
  }
  if ((type & kHasAddress) != 0) {
    p.out.put("\n\t\t IP Address sub-object: ");
    const std::uint16_t family = body.be16(0);
    if (family == 1) {
      p.host4(body.at(4, 4));
      body = body.from(8);
    } else if (family == 2) {
      p.host6(body.at(4, 16));
      body = body.from(20);
    } else {
      p.out.put("Unknown Address Family Identifier");
      return;
    }
  }
  if ((type & kHasName) != 0) {
    const std::size_t size = body.u8(0);
    p.out.put("\n\t\t Interface Name");
    if (size % 4 != 0 || size > 64) {
      p.put_invalid();
      return;
    }
    if (size > 0) {
      p.out.put(", length ").dec(size).put(": ");
      p.safe_text(body.from(1), size - 1, true);
    }
    body = body.from(size);
  }
  if ((type & kHasMtu) != 0) p.out.put("\n\t\t MTU Value, length 4: ").dec(body.be32(0));
}

// False when the objects cannot be followed further.
bool put_object(Printer& p, const Input& object, std::size_t length) {
  const std::uint8_t number = object.u8(2);
  const std::uint8_t type = object.u8(3);
  p.out.put("\n\t  ");
  const char* name = find_token(kClasses, number);
  p.out.put(name != nullptr ? name : "unknown").put(" Object (").dec(number);
  p.out.put("), Class-Type: ").dec(type).put(", length ").dec(length);
  if (number == 0 || length < kObjectHeadBytes) return false;
  const Input body = object.from(kObjectHeadBytes);
  const std::size_t size = length - kObjectHeadBytes;
  if (number == kMplsStack && type == 1) {
    put_label(p, body);
  } else if (number == kInterface) {
    put_interface(p, body, type);
  } else {
    p.hex_data(body, "\n\t    ", size);
  }
  return true;
}

}  // namespace

void print_icmp_extensions(Printer& p, Input in) {
  if (in.length() <= kStart + kObjectHeadBytes) return;
  Input part = in.from(kStart);
  if (!part.has(0, 4)) return;
  const unsigned version = part.u8(0) >> 4;
  p.out.put("\n\tICMP Multi-Part extension v").dec(version);
  if (version != 2) {
    p.out.put(" packet not supported");
    return;
  }
  const std::size_t length = part.length();
  p.out.put(", checksum 0x").hex(part.be16(2), 4).put(" (");
  const bool correct = part.has(0, length) && checksum_error(part.bytes().first(length)) == 0;
  p.out.put(correct ? "" : "in").put("correct), length ").dec(length);
  part = part.from(4);
  while (part.length() > kObjectHeadBytes && !p.truncated()) {
    const std::size_t size = part.be16(0);
    if (!put_object(p, part, size)) return;
    if (part.length() < size) return;
    part = part.from(size);
  }
}

}  // namespace capstan::text
