#include "tools/text/ip/tcp_options.h"

namespace capstan::text {

namespace {

// https://www.iana.org/assignments/tcp-parameters
enum Kind : std::uint8_t {
  kEnd = 0,
  kNop = 1,
  kMaximumSegmentSize = 2,
  kWindowScale = 3,
  kSackPermitted = 4,
  kSack = 5,
  kEcho = 6,
  kEchoReply = 7,
  kTimestamps = 8,
  kConnectionCount = 11,
  kConnectionCountNew = 12,
  kConnectionCountEcho = 13,
  kMd5 = 19,
  kScps = 20,
  kUserTimeout = 28,
  kAuthentication = 29,
  kMultipath = 30,
  kFastOpen = 34,
  kExperiment2 = 254,
};

constexpr Token kNames[] = {
    {kEnd, "eol"},
    {kNop, "nop"},
    {kMaximumSegmentSize, "mss"},
    {kWindowScale, "wscale"},
    {kSackPermitted, "sackOK"},
    {kSack, "sack"},
    {kEcho, "echo"},
    {kEchoReply, "echoreply"},
    {kTimestamps, "TS"},
    {kConnectionCount, "cc"},
    {kConnectionCountNew, "ccnew"},
    {kConnectionCountEcho, "ccecho"},
    {kMd5, "md5"},
    {kScps, "scps"},
    {kUserTimeout, "uto"},
    {kAuthentication, "tcp-ao"},
    {kMultipath, "mptcp"},
    {kFastOpen, "tfo"},
    {kExperiment2, "exp"},
};

constexpr std::uint16_t kFastOpenMagic = 0xf989;  // RFC 6994 experiment identifier
constexpr std::size_t kMd5Bytes = 16;

// What printing one option's value came to.
enum class Outcome { kDone, kBroken };

// The value of one option: `value` is what lies behind kind and length, `room` what the header has
// left for it. `used` is how much of it was printed.
struct Value {
  Input in;
  std::size_t size;  // by the option's length
  std::size_t room;
  std::size_t used = 0;

  bool fits(std::size_t count) const noexcept { return count <= room; }
};

void put_hex_bytes(Printer& p, const Input& in, std::size_t count) {
  for (std::size_t i = 0; i < count && !p.truncated(); ++i) p.out.hex(in.u8(i), 2);
}

Outcome put_number(Printer& p, Value& value, std::size_t bytes) {
  value.used = bytes;
  if (!value.fits(bytes)) return Outcome::kBroken;
  const std::uint32_t number = bytes == 1   ? value.in.u8(0)
                               : bytes == 2 ? value.in.be16(0)
                                            : value.in.be32(0);
  if (!p.truncated()) p.out.put(' ').dec(number);
  return Outcome::kDone;
}

Outcome put_timestamps(Printer& p, Value& value) {
  value.used = 8;
  if (!value.fits(8)) return Outcome::kBroken;
  if (!value.in.need(0, 8)) return Outcome::kDone;
  p.out.put(" val ").dec(value.in.be32(0)).put(" ecr ").dec(value.in.be32(4));
  return Outcome::kDone;
}

Outcome put_sack(Printer& p, Value& value, const TcpSequences::Relation& relation) {
  value.used = value.size;
  if (value.size % 8 != 0) {
    p.out.put(" malformed sack");
    return Outcome::kDone;
  }
  p.out.put(' ').dec(value.size / 8).put(' ');
  // What is acknowledged selectively are the other direction's numbers.
  const std::uint32_t base =
      relation.reversed ? relation.first_sequence : relation.first_acknowledgment;
  for (std::size_t i = 0; i < value.size && !p.truncated(); i += 8) {
    if (!value.fits(i + 8)) return Outcome::kBroken;
    if (!value.in.need(i, 8)) break;
    p.out.put('{').dec(value.in.be32(i) - base).put(':');
    p.out.dec(value.in.be32(i + 4) - base).put('}');
  }
  return Outcome::kDone;
}

// RFC 7413 section 4.1.1
void put_fast_open(Printer& p, const Input& cookie, std::size_t size) {
  if (size == 0) {
    p.out.put(" cookiereq");
  } else if (size % 2 != 0 || size < 4 || size > 16) {
    p.put_invalid();
  } else {
    p.out.put(" cookie ");
    put_hex_bytes(p, cookie, size);
  }
}

Outcome put_user_timeout(Printer& p, Value& value) {
  value.used = 2;
  if (!value.fits(2)) return Outcome::kBroken;
  const std::uint32_t field = value.in.be16(0);
  // RFC 5482 section 3.1: the top bit says minutes in tcpdump's reading the lowest one does.
  const std::uint32_t seconds = (field & 1U) != 0 ? (field >> 1) * 60 : field >> 1;
  p.out.put(" 0x").hex(field).put(' ').dec(seconds);
  return Outcome::kDone;
}

// RFC 5925 section 2.2
Outcome put_authentication(Printer& p, Value& value) {
  value.used = value.size;
  if (value.size < 2) {
    p.put_invalid();
    return Outcome::kDone;
  }
  if (!value.fits(value.size)) return Outcome::kBroken;
  p.out.put(" keyid ").dec(value.in.u8(0)).put(" rnextkeyid ").dec(value.in.u8(1));
  if (value.size > 2) {
    p.out.put(" mac 0x");
    put_hex_bytes(p, value.in.from(2), value.size - 2);
  }
  return Outcome::kDone;
}

// RFC 6994: an experiment is told by its first two bytes.
Outcome put_experiment(Printer& p, Value& value) {
  value.used = value.size;
  if (!value.fits(value.size) || value.size < 2) return Outcome::kBroken;
  const std::uint16_t magic = value.in.be16(0);
  p.out.put('-');
  if (magic == kFastOpenMagic) {
    p.out.put("tfo");
    put_fast_open(p, value.in.from(2), value.size - 2);
  } else {
    p.out.hex(magic, 4);
  }
  return Outcome::kDone;
}

Outcome put_other(Printer& p, Value& value) {
  value.used = value.size;
  if (value.size > 0) p.out.put(" 0x");
  if (!value.fits(value.size)) return Outcome::kBroken;
  put_hex_bytes(p, value.in, value.size);
  return Outcome::kDone;
}

Outcome put_value(Printer& p, std::uint8_t kind, Value& value, std::uint8_t flags,
                  const TcpSequences::Relation& relation, const Input& option) {
  switch (kind) {
    case kEnd:
    case kNop:
    case kSackPermitted:
      return Outcome::kDone;
    case kMaximumSegmentSize:
      return put_number(p, value, 2);
    case kWindowScale:
      return put_number(p, value, 1);
    case kEcho:
    case kEchoReply:
    case kConnectionCount:
    case kConnectionCountNew:
    case kConnectionCountEcho:
      return put_number(p, value, 4);
    case kTimestamps:
      return put_timestamps(p, value);
    case kSack:
      return put_sack(p, value, relation);
    case kMd5:
      value.used = kMd5Bytes;
      if (!value.fits(kMd5Bytes)) return Outcome::kBroken;
      if (!value.in.need(0, kMd5Bytes)) return Outcome::kDone;
      p.out.put(" shared secret not supplied with -M, can't check - ");
      put_hex_bytes(p, value.in, kMd5Bytes);
      return Outcome::kDone;
    case kScps:
      value.used = 2;
      if (!value.fits(2)) return Outcome::kBroken;
      p.out.put(" cap ").hex(value.in.u8(0), 2).put(" id ").dec(value.in.u8(1));
      return Outcome::kDone;
    case kUserTimeout:
      return put_user_timeout(p, value);
    case kAuthentication:
      return put_authentication(p, value);
    case kMultipath:
      value.used = value.size;
      if (!value.fits(value.size) || !option.need(0, value.size + 2)) return Outcome::kBroken;
      return print_mptcp(p, option.first(value.size + 2), flags) ? Outcome::kDone
                                                                 : Outcome::kBroken;
    case kFastOpen:
      value.used = value.size;
      if (!value.fits(value.size)) return Outcome::kBroken;
      p.out.put(' ');
      put_fast_open(p, value.in, value.size);
      return Outcome::kDone;
    case kExperiment2:
      return put_experiment(p, value);
    default:
      return put_other(p, value);
  }
}

bool broken(Printer& p, bool first) {
  p.out.put("[bad opt]");
  if (!first) p.out.put(']');
  return false;
}

}  // namespace

bool print_tcp_options(Printer& p, Input in, std::uint8_t flags,
                       const TcpSequences::Relation& relation) {
  bool first = true;
  while (in.length() > 0 && !p.truncated()) {
    if (!first) p.out.put(',');
    const std::uint8_t kind = in.u8(0);
    const bool has_length = kind != kEnd && kind != kNop;
    std::size_t size = 1;
    if (has_length) {
      size = in.u8(1);
      if (p.truncated()) break;
      if (size < 2 || size > in.length()) return broken(p, first);
    }
    if (p.truncated()) break;
    p.token(kNames, kind, "unknown-");
    const std::size_t head = has_length ? 2 : 1;
    Value value{in.from(head), size - head, in.length() - head};
    if (put_value(p, kind, value, flags, relation, in) == Outcome::kBroken) {
      return broken(p, first);
    }
    if (value.used + head != size) p.out.put("[len ").dec(size).put(']');
    in = in.from(head + value.used);
    first = false;
    if (kind == kEnd) break;
  }
  if (!p.truncated()) p.out.put(']');
  return !p.truncated();
}

}  // namespace capstan::text
