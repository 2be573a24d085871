// OSPF (RFC 2328, RFC 5340): the packet header, and the messages of version 2.
#include "tools/text/routing/ospf.h"

#include <algorithm>

#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t { kHello = 1, kDescription = 2, kRequest = 3, kUpdate = 4, kAck = 5 };
constexpr Token kTypes[] = {{kHello, "Hello"},
                            {kDescription, "Database Description"},
                            {kRequest, "LS-Request"},
                            {kUpdate, "LS-Update"},
                            {kAck, "LS-Ack"}};
constexpr Token kAuthentications[] = {{0, "none"}, {1, "simple"}, {2, "MD5"}};
constexpr Token kDescriptionFlags[] = {{1, "Master"}, {2, "More"}, {4, "Init"}, {8, "OOBResync"}};

constexpr std::size_t kHeaderBytes2 = 24;
constexpr std::size_t kHeaderBytes3 = 16;
constexpr std::uint8_t kLocalSignaling = 0x10;  // option L (RFC 5613)

void put_description_flags(Printer& p, std::uint8_t flags) {
  // Listed from the highest bit down.
  p.out.put(", DD Flags [");
  bool any = false;
  for (std::size_t i = std::size(kDescriptionFlags); i > 0; --i) {
    if ((flags & kDescriptionFlags[i - 1].value) == 0) continue;
    if (any) p.out.put(", ");
    p.out.put(kDescriptionFlags[i - 1].text);
    any = true;
  }
  p.out.put(any ? "]" : "none]");
}

void put_hello(Printer& p, const Input& in, std::size_t end) {
  const Input body = in.from(kHeaderBytes2);
  if (!body.need(0, 20)) return;
  p.out.put("\n\tOptions [");
  print_ospf2_options(p, body.u8(6));
  p.out.put("]\n\t  Hello Timer ").dec(body.be16(4)).put("s, Dead Timer ");
  p.out.dec(body.be32(8)).put("s, Mask ");
  p.host4(body.at(0, 4)).put(", Priority ").dec(body.u8(7));
  if (body.be32(12) != 0) {
    p.out.put("\n\t  Designated Router ");
    p.host4(body.at(12, 4));
  }
  if (body.be32(16) != 0) {
    p.out.put(", Backup Designated Router ");
    p.host4(body.at(16, 4));
  }
  std::size_t at = kHeaderBytes2 + 20;
  if (at < end && in.has(at, 1)) p.out.put("\n\t  Neighbor List:");
  for (; at < end && in.has(at, 1) && !p.truncated(); at += 4) {
    const std::uint8_t* neighbor = in.at(at, 4);
    if (p.truncated()) return;
    p.out.put("\n\t    ");
    p.host4(neighbor);
  }
}

void put_description(Printer& p, const Input& in, std::size_t end) {
  const Input body = in.from(kHeaderBytes2);
  p.out.put("\n\tOptions [");
  const std::uint8_t options = body.u8(2);
  print_ospf2_options(p, options);
  p.out.put(']');
  put_description_flags(p, body.u8(3));
  if (body.be16(0) != 0) p.out.put(", MTU: ").dec(body.be16(0));
  p.out.put(", Sequence: 0x").hex(body.be32(4), 8);
  for (std::size_t at = kHeaderBytes2 + 8; at < end && !p.truncated(); at += kLsaHeaderBytes) {
    if (!in.has(at, 1)) return;
    if (print_ospf2_lsa_header(p, in.from(at)) == 0) return;
  }
}

void put_request(Printer& p, const Input& in, std::size_t end) {
  for (std::size_t at = kHeaderBytes2; at < end && !p.truncated(); at += 12) {
    const std::uint32_t type = in.be32(at);
    if (!in.need(at, 12)) return;
    const char* name = ospf2_lsa_name(type);
    p.out.put("\n\t  Advertising Router: ");
    p.host4(in.at(at + 8, 4)).put(", ").put(name != nullptr ? name : "unknown").put(" LSA (");
    p.out.dec(type).put(')');
    print_ospf2_lsa_id(p, type, in.from(at + 4));
  }
}

void put_update(Printer& p, const Input& in) {
  std::size_t at = kHeaderBytes2 + 4;
  const std::uint32_t count = in.be32(kHeaderBytes2);
  p.out.put(", ").dec(count).put(count == 1 ? " LSA" : " LSAs");
  for (std::uint32_t i = 1; i <= count && !p.truncated(); ++i) {
    p.out.put("\n\t  LSA #").dec(i);
    const Input lsa = in.from(at);
    const std::size_t size = print_ospf2_lsa_header(p, lsa);
    if (size < kLsaHeaderBytes || p.truncated()) return;
    print_ospf2_lsa_body(p, lsa, size - kLsaHeaderBytes);
    at += size;
  }
}

void put_acks(Printer& p, const Input& in) {
  std::size_t at = kHeaderBytes2;
  // tcpdump goes on until the bytes end, and says that they did.
  while (!p.truncated()) {
    if (print_ospf2_lsa_header(p, in.from(at)) == 0) return;
    at += kLsaHeaderBytes;
  }
}

constexpr Token kSignalingTlvs[] = {{1, "Extended Options"}, {2, "MD5 Authentication"}};
constexpr Token kExtendedOptions[] = {{1, "LSDB resync"}, {2, "Restart"}};

// RFC 5613: behind the packet and its digest.
void put_local_signaling(Printer& p, const Input& in, std::size_t begin) {
  Input block = in.from(begin);
  const std::size_t words = block.be16(2);
  p.out.put("\n\t  LLS: checksum: 0x").hex(block.be16(0), 4).put(", length: ").dec(words);
  if (words * 4 < 4 || p.truncated()) return;
  Input tlv = block.from(4).with_length(words * 4 - 4);
  while (tlv.length() >= 4 && !p.truncated()) {
    const std::uint16_t type = tlv.be16(0);
    const std::size_t size = tlv.be16(2);
    if (p.truncated()) return;
    const char* name = find_token(kSignalingTlvs, type);
    p.out.put("\n\t    ").put(name != nullptr ? name : "unknown TLV").put(" (").dec(type);
    p.out.put("), length: ").dec(size);
    const Input value = tlv.from(4);
    if (type == 1 && size == 4) {
      p.out.put("\n\t      Options: 0x").hex(value.be32(0), 8).put(" [");
      p.bits(kExtendedOptions, value.be32(0), ", ", "?").put(']');
    } else if (type == 2 && size >= 4) {
      p.out.put("\n\t      Sequence number: 0x").hex(value.be32(0), 8);
    }
    tlv = tlv.from(4 + ((size + 3) & ~std::size_t{3}));
  }
}

// `length` is that of the packet without a digest; `size` is what the header says.
void put_version_2(Printer& p, const Input& in, std::uint8_t type, std::size_t size,
                   std::size_t length) {
  if (size != length) p.out.put(" [len ").dec(size).put(']');
  const std::size_t end = size > in.length() ? in.length() : size;
  p.out.put("\n\tRouter-ID ");
  p.host4(in.at(4, 4));
  if (in.be32(8) != 0) {
    p.out.put(", Area ").ipv4(in.at(8, 4));
  } else {
    p.out.put(", Backbone Area");
  }
  const std::uint16_t authentication = in.be16(14);
  if (!in.need(16, 8)) return;
  const char* name = find_token(kAuthentications, authentication);
  p.out.put(", Authentication Type: ").put(name != nullptr ? name : "unknown type");
  p.out.put(" (").dec(authentication).put(')');
  if (authentication == 1) {
    p.out.put("\n\tSimple text password: ");
    p.safe_text(in.from(16), 8, true);
  } else if (authentication == 2) {
    p.out.put("\n\tKey-ID: ").dec(in.u8(18)).put(", Auth-Length: ").dec(in.u8(19));
    p.out.put(", Crypto Sequence Number: 0x").hex(in.be32(20), 8);
  }
  std::uint8_t options = 0;
  switch (type) {
    case kHello:
      put_hello(p, in, end);
      options = in.bytes().u8(kHeaderBytes2 + 6);
      break;
    case kDescription:
      put_description(p, in, end);
      options = in.bytes().u8(kHeaderBytes2 + 2);
      break;
    case kRequest:
      put_request(p, in, end);
      break;
    case kUpdate:
      put_update(p, in);
      break;
    case kAck:
      put_acks(p, in);
      break;
    default:
      break;
  }
  if ((options & kLocalSignaling) != 0 && !p.truncated() && size < in.captured()) {
    std::size_t at = size;
    if (authentication == 2) at += in.u8(19);
    if (in.has(at, 4)) put_local_signaling(p, in, at);
  }
}

void put_version_3(Printer& p, const Input& in, std::uint8_t type, std::size_t size) {
  if (size != in.length()) {
    p.out.put(" [len ").dec(size).put(']');
    return;
  }
  p.out.put("\n\tRouter-ID ");
  p.host4(in.at(4, 4));
  if (in.be32(8) != 0) {
    p.out.put(", Area ").ipv4(in.at(8, 4));
  } else {
    p.out.put(", Backbone Area");
  }
  if (in.u8(14) != 0) p.out.put(", Instance ").dec(in.u8(14));
  print_ospf3_body(p, in.from(kHeaderBytes3), type, size - kHeaderBytes3);
}

}  // namespace

void print_ospf(Printer& p, Input in) {
  p.set_protocol(p.around.ip_version == 6 ? "ospf3" : "ospf2");
  const std::uint8_t version = in.u8(0);
  const std::uint8_t type = in.u8(1);
  if (p.truncated()) return;
  p.out.put("OSPFv").dec(version).put(", ");
  if (p.around.ip_version == 6) {
    p.token(kTypes, type, "unknown packet type (", ")");
  } else {
    p.token(kTypes, type, "unknown LS-type ");
  }
  // A cryptographic digest lies behind the packet and does not count (RFC 2328 appendix D.4.3).
  std::size_t length = in.length();
  if (version == 2 && in.has(0, 20) && in.be16(14) == 2) {
    length -= std::min<std::size_t>(length, in.u8(19));
  }
  p.out.put(", length ").dec(length);
  const std::size_t size = in.be16(2);
  if (!p.verbose()) {
    // Without -v the header is asked for no further.
    if (p.truncated()) return;
    return;
  }
  if (version == 2) {
    put_version_2(p, in, type, size, length);
  } else if (version == 3) {
    if (size < kHeaderBytes3) {
      p.truncate();
      return;
    }
    put_version_3(p, in, type, size);
  } else {
    p.out.put(" ospf [version ").dec(version).put(']');
  }
}

}  // namespace capstan::text
