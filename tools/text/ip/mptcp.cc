// One MPTCP option (RFC 8684 section 3; version 0 as in RFC 6824).
#include "tools/text/ip/tcp_options.h"

namespace capstan::text {

namespace {

enum Subtype : std::uint8_t {
  kCapable = 0,
  kJoin = 1,
  kSequence = 2,
  kAddAddress = 3,
  kRemoveAddress = 4,
  kPriority = 5,
  kFail = 6,
  kFastClose = 7,
  kReset = 8,
};
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kAck = 0x10;

bool put_capable(Printer& p, const Input& in, std::uint8_t flags) {
  const std::size_t size = in.length();
  const unsigned version = in.u8(2) & 15U;
  if (version > 1) {
    p.out.put(" Unknown Version (").dec(version).put(')');
    return true;
  }
  if (version == 0 && size != 12 && size != 20) return false;
  if (version == 1 && size != 4 && size != 12 && size != 20 && size != 22 && size != 24) {
    return false;
  }
  static_cast<void>(flags);
  p.out.put(" capable v").dec(version);
  if ((in.u8(3) & 0x80) != 0) p.out.put(" csum");
  if (size >= 12) {
    p.out.put(" {0x").hex(in.be64(4));
    if (size >= 20) p.out.put(",0x").hex(in.be64(12));
    p.out.put('}');
  }
  return true;
}

bool put_join(Printer& p, const Input& in, std::uint8_t flags) {
  const std::size_t size = in.length();
  const bool syn = (flags & kSyn) != 0;
  const bool ack = (flags & kAck) != 0;
  if (!(syn && !ack && size == 12) && !(syn && ack && size == 16) && !(!syn && ack && size == 24)) {
    return false;
  }
  p.out.put(" join");
  if (size != 24) {
    if ((in.u8(2) & 1U) != 0) p.out.put(" backup");
    p.out.put(" id ").dec(in.u8(3));
  }
  if (size == 12) {
    p.out.put(" token 0x").hex(in.be32(4)).put(" nonce 0x").hex(in.be32(8));
  } else if (size == 16) {
    p.out.put(" hmac 0x").hex(in.be64(4)).put(" nonce 0x").hex(in.be32(12));
  } else {
    p.out.put(" hmac 0x");
    for (std::size_t i = 0; i < 20; ++i) p.out.hex(in.u8(4 + i), 2);
  }
  return true;
}

bool put_sequence(Printer& p, const Input& in) {
  const std::size_t size = in.length();
  if (size < 4) return false;
  const std::uint8_t bits = in.u8(3);
  const bool has_ack = (bits & 1U) != 0;
  const bool long_ack = (bits & 2U) != 0;
  const bool has_map = (bits & 4U) != 0;
  const bool long_map = (bits & 8U) != 0;
  const std::size_t ack_bytes = has_ack ? (long_ack ? 8U : 4U) : 0U;
  const std::size_t map_bytes = has_map ? (long_map ? 14U : 10U) : 0U;
  const std::size_t wanted = 4 + ack_bytes + map_bytes;
  if (size != wanted && !(has_map && size == wanted + 2)) return false;
  p.out.put(" dss");
  if ((bits & 0x10U) != 0) p.out.put(" fin");
  std::size_t at = 4;
  if (has_ack) {
    p.out.put(" ack ").dec(long_ack ? in.be64(at) : in.be32(at));
    at += ack_bytes;
  }
  if (has_map) {
    p.out.put(" seq ").dec(long_map ? in.be64(at) : in.be32(at));
    at += long_map ? 8 : 4;
    p.out.put(" subseq ").dec(in.be32(at)).put(" len ").dec(in.be16(at + 4));
    if (size == wanted + 2) p.out.put(" csum 0x").hex(in.be16(at + 6));
  }
  return true;
}

bool put_add_address(Printer& p, const Input& in) {
  const std::size_t size = in.length();
  const unsigned version = in.u8(2) & 15U;  // the IP version before RFC 8684, flags since
  const bool v4 = size == 8 || size == 10 || size == 16 || size == 18;
  const bool v6 = size == 20 || size == 22 || size == 28 || size == 30;
  if (!v4 && !v6) return false;
  p.out.put(" add-addr");
  if (size >= (v4 ? 16U : 28U) || version < 4) {
    p.out.put((version & 1U) != 0 ? " v1 echo" : " v1");
  } else {
    p.out.put(" v0");
  }
  p.out.put(" id ").dec(in.u8(3)).put(' ');
  std::size_t at = 4;
  if (v4) {
    p.out.ipv4(in.at(at, 4));
    at += 4;
  } else {
    p.out.ipv6(in.at(at, 16));
    at += 16;
  }
  if ((size - at) % 8 == 2) {
    p.out.put(':').dec(in.be16(at));
    at += 2;
  }
  if (size - at == 8) p.out.put(" hmac 0x").hex(in.be64(at));
  return true;
}

}  // namespace

bool print_mptcp(Printer& p, Input in, std::uint8_t flags) {
  const std::size_t size = in.length();
  if (size < 3) return false;
  const unsigned subtype = in.u8(2) >> 4;
  p.out.put(' ').dec(size);
  switch (subtype) {
    case kCapable:
      return put_capable(p, in, flags);
    case kJoin:
      return put_join(p, in, flags);
    case kSequence:
      return put_sequence(p, in);
    case kAddAddress:
      return put_add_address(p, in);
    case kRemoveAddress:
      p.out.put(" rem-addr id");
      for (std::size_t at = 3; at < size; ++at) p.out.put(' ').dec(in.u8(at));
      return true;
    case kPriority:
      if (size != 3 && size != 4) return false;
      p.out.put(" prio");
      if ((in.u8(2) & 1U) != 0) p.out.put(" backup");
      if (size == 4) p.out.put(" id ").dec(in.u8(3));
      return true;
    case kFail:
      if (size != 12) return false;
      p.out.put(" fail seq ").dec(in.be64(4));
      return true;
    case kFastClose:
      if (size != 12) return false;
      p.out.put(" fast-close key 0x").hex(in.be64(4));
      return true;
    default:
      p.out.put(" unknown");
      return true;
  }
}

}  // namespace capstan::text
