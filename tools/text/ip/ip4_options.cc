#include "tools/text/ip/ip4_options.h"

namespace capstan::text {

namespace {

enum Kind : std::uint8_t {
  kEnd = 0,
  kNop = 1,
  kRecordRoute = 7,
  kTimestamp = 68,
  kSecurity = 130,
  kLooseSourceRoute = 131,
  kStrictSourceRoute = 137,
  kRouterAlert = 148,
};

constexpr Token kNames[] = {
    {kEnd, "EOL"},
    {kNop, "NOP"},
    {kTimestamp, "timestamp"},
    {kSecurity, "security"},
    {kRecordRoute, "RR"},
    {kStrictSourceRoute, "SSRR"},
    {kLooseSourceRoute, "LSRR"},
    {kRouterAlert, "RA"},
    {136, "satid"},
};

// RFC 791: a route is a pointer (counted from 1, the option's first byte) and addresses.
bool put_route(Printer& p, const Input& option, std::size_t size) {
  if (size < 3) {
    p.out.put(" [bad length ").dec(size).put(']');
    return true;
  }
  if ((size + 1) % 4 != 0) p.out.put(" [bad length ").dec(size).put(']');
  const std::size_t pointer = std::size_t{option.u8(2)} - 1;
  if (pointer < 3 || (pointer + 1) % 4 != 0) {
    p.out.put(" [bad ptr ").dec(option.u8(2)).put(']');
  }
  for (std::size_t at = 3; at < size && !p.truncated(); at += 4) {
    if (!option.has(at, 4)) return false;
    p.out.put(' ').ipv4(option.at(at, 4));
    if (at == pointer) p.out.put(',');
  }
  return true;
}

// "TS{TSONLY^ 1@0.0.0.0, ...}": a four-bit type, an overflow count, and the stamps.
bool put_timestamps(Printer& p, const Input& option, std::size_t size) {
  if (size < 4) {
    p.out.put("[bad length ").dec(size).put(']');
    return true;
  }
  p.out.put(" TS{");
  std::size_t step = 4;
  const std::uint8_t field = option.u8(3);
  if ((size % 4) != 0) p.out.put("[bad length ").dec(size).put(']');
  const std::size_t pointer = option.u8(2);
  if (pointer < 5 || pointer % 4 != 1) p.out.put("[bad ptr ").dec(pointer).put(']');
  switch (field & 15) {
    case 0:
      p.out.put("TSONLY");
      break;
    case 1:
      p.out.put("TS+ADDR");
      step = 8;
      break;
    case 2:
      p.out.put("prespec2.0");
      step = 8;
      break;
    case 3:
      p.out.put("PRESPEC");
      step = 8;
      break;
    default:
      p.out.put("[bad ts type ").dec(field & 15).put(']');
      p.out.put('}');
      return true;
  }
  const char* mark = " ";
  for (std::size_t at = 4; at < size && !p.truncated(); at += step) {
    if (pointer == at + 1) mark = " ^ ";
    p.out.put(mark);
    if (!option.has(at, step)) return false;
    if (step == 8) p.out.ipv4(option.at(at, 4)).put('@');
    p.out.signed_dec(static_cast<std::int32_t>(option.be32(at + step - 4)));
    mark = " ";
  }
  p.out.put(pointer == size + 1 ? " ^ " : "");
  if (field >> 4 != 0)
    p.out.put(" [").dec(field >> 4).put(" hops not recorded]} ");
  else
    p.out.put('}');
  return true;
}

// One option's value. False when it is cut off.
bool put_value(Printer& p, const Input& option, std::uint8_t kind, std::size_t size) {
  switch (kind) {
    case kTimestamp:
      return put_timestamps(p, option, size);
    case kRecordRoute:
    case kStrictSourceRoute:
    case kLooseSourceRoute:
      return put_route(p, option, size);
    case kRouterAlert:
      if (size < 4) {
        p.out.put("[|]");
        return true;
      }
      if (!option.has(3, 1)) return false;
      if (option.be16(2) != 0) p.out.put(" value ").dec(option.be16(2));
      return true;
    default:
      return true;
  }
}

}  // namespace

bool print_ip4_options(Printer& p, Input in) {
  const char* separator = "";
  while (in.length() > 0) {
    p.out.put(separator);
    separator = ",";
    if (!in.has(0, 1)) return false;
    const std::uint8_t kind = in.u8(0);
    std::size_t size = 1;
    if (kind != kEnd && kind != kNop) {
      if (!in.has(1, 1)) {
        p.token(kNames, kind, "unknown ");
        return false;
      }
      size = in.u8(1);
    }
    p.token(kNames, kind, "unknown ");
    if (kind == kEnd) return true;
    if (kind != kNop) {
      if (size < 2) {
        p.out.put(" [bad length ").dec(size).put(']');
        return false;
      }
      if (size > in.length()) {
        p.out.put(" [bad length ").dec(size).put(']');
        return false;
      }
      if (!in.has(0, size)) return false;
      if (!put_value(p, in, kind, size)) return false;
    }
    in = in.from(size);
  }
  return true;
}

const std::uint8_t* ip4_final_destination(ByteReader header) noexcept {
  std::size_t at = 20;
  while (at < header.size()) {
    const std::uint8_t kind = header.u8(at);
    if (kind == kEnd) return nullptr;
    const std::size_t size = kind == kNop ? 1 : header.u8(at + 1);
    if (size == 0 || (kind != kNop && size < 2) || !header.has(at, size)) return nullptr;
    if (kind == kStrictSourceRoute || kind == kLooseSourceRoute) {
      if (size < 7) return nullptr;
      return header.data() + at + size - 4;
    }
    at += size;
  }
  return nullptr;
}

}  // namespace capstan::text
