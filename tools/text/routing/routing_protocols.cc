// Small routing protocols over UDP: RIP (RFC 1058, 2453, 4822), RIPng (RFC 2080), HSRP (RFC 2281).
#include <bit>

#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kRipHeaderBytes = 4;
constexpr std::size_t kRouteBytes = 20;
constexpr unsigned kInternet = 2;  // address family

constexpr Token kRipCommands[] = {{1, "Request"},   {2, "Response"}, {3, "Trace on"},
                                  {4, "Trace off"}, {5, "Poll"},     {6, "Poll Entry"}};
constexpr Token kFamilies[] = {{2, "IPv4"}, {6, "NS"},    {7, "ISO"},   {16, "Appletalk"},
                               {23, "IPX"}, {24, "IPv6"}, {28, "IPv6"}, {30, "IPv6"}};

// The bits of a contiguous netmask; -1 for others.
int prefix_length(std::uint32_t mask) {
  const int ones = std::countl_one(mask);
  return mask == (ones == 0 ? 0u : ~0u << (32 - ones)) ? ones : -1;
}

// An entry's size; 0 when it is broken off.
std::size_t put_route_v1(Printer& p, const Input& in) {
  if (in.length() < kRouteBytes || !in.has(0, kRouteBytes)) return 0;
  const unsigned family = in.be16(0);
  if (family != kInternet && family != 0) {
    p.out.put("\n\t AFI ");
    p.token(kFamilies, family, "Unknown (", ")").put(", ");
    put_data(p, in, 4, kRouteBytes - 4, "\n\t  ");
  } else if (in.be16(2) != 0 || in.be32(8) != 0 || in.be32(12) != 0) {
    put_data(p, in, 0, kRouteBytes, "\n\t  ");
  } else {
    p.out.put(family == 0 ? "\n\t  AFI 0, " : "\n\t  ");
    p.host4(in.at(4, 4)).put(", metric: ").dec(in.be32(16));
  }
  return kRouteBytes;
}

std::size_t put_authentication(Printer& p, const Input& in) {
  const unsigned type = in.be16(2);
  const Input content = in.from(4);
  switch (type) {
    case 2:
      p.out.put("\n\t  Simple Text Authentication data: ");
      p.safe_text(content, 16, true);
      return kRouteBytes;
    case 3:
      if (!content.has(0, 16) || content.length() < 16) return 0;
      p.out.put("\n\t  Auth header: Packet Len ").dec(content.be16(0));
      p.out.put(", Key-ID ").dec(content.u8(2)).put(", Auth Data Len ").dec(content.u8(3));
      p.out.put(", SeqNo ").dec(content.be32(4)).put(", MBZ ").dec(content.be32(8));
      p.out.put(", MBZ ").dec(content.be32(12));
      return kRouteBytes;
    case 1:
      p.out.put("\n\t  Auth trailer:");
      break;
    default:
      p.out.put("\n\t  Unknown (").dec(type).put(") Authentication data:");
  }
  put_data(p, content, 0, content.length(), "\n\t  ");
  return in.length();
}

std::size_t put_route_v2(Printer& p, const Input& in) {
  if (in.length() < 4 || !in.has(0, 4)) return 0;
  const unsigned family = in.be16(0);
  if (family == 0xffff) return put_authentication(p, in);
  if (family != kInternet && family != 0) {
    p.out.put("\n\t  AFI ");
    p.token(kFamilies, family, "Unknown (", ")");
    put_data(p, in, 4, kRouteBytes - 4, "\n\t  ");
    return kRouteBytes;
  }
  if (!in.has(0, kRouteBytes) || in.length() < kRouteBytes) return 0;
  p.out.put("\n\t  AFI ");
  p.token(kFamilies, family, "").put(", ");
  // The address is set right in 15 columns, the prefix length left in 2.
  const std::size_t before = p.out.size();
  p.host4(in.at(4, 4));
  const std::size_t width = p.out.size() - before;
  if (width < 15) {
    p.out.rewind(before);
    p.out.fill(' ', 15 - width);
    p.host4(in.at(4, 4));
  }
  const int bits = prefix_length(in.be32(8));
  p.out.put('/').signed_dec(bits);
  if (bits >= 0 && bits < 10) p.out.put(' ');
  p.out.put(", tag ").hex0x(in.be16(2), 4).put(", metric: ").dec(in.be32(16)).put(", next-hop: ");
  if (in.be32(12) == 0) {
    p.out.put("self");
  } else {
    p.host4(in.at(12, 4));
  }
  return kRouteBytes;
}

void put_routes(Printer& p, const Input& in, unsigned version) {
  const std::size_t routes = in.length() / kRouteBytes;
  p.out.put(", routes: ").dec(routes);
  if (version == 2) p.out.put(" or less");
  const std::size_t there = in.available();
  Input rest = in.with_length(there).from(kRipHeaderBytes);
  while (rest.length() > 0 && !p.truncated()) {
    const std::size_t size = version == 1 ? put_route_v1(p, rest) : put_route_v2(p, rest);
    if (size == 0) {
      p.put_truncated();
      return;
    }
    if (rest.length() < size) {
      p.out.put(" [remaining entries length ").dec(rest.length()).put(" < ").dec(size).put(']');
      p.put_invalid();
      return;
    }
    rest = rest.from(size);
  }
}

constexpr std::size_t kRipngEntryBytes = 20;

// RFC 2080 section 2.1.
void put_ripng_entry(Printer& p, const Input& in, bool with_metric) {
  if (!in.need(0, 18) || !in.need(18, 1)) return;
  p.host6(in.at(0, 16)).put('/').dec(in.u8(18));
  if (in.be16(16) != 0) p.out.put(" [").dec(in.be16(16)).put(']');
  const unsigned metric = in.u8(19);
  if (metric != 0 && with_metric) p.out.put(" (").dec(metric).put(')');
}

bool asks_for_everything(const Input& entry) {
  constexpr unsigned kInfinity = 16;
  if (entry.u8(19) != kInfinity) return false;
  return entry.be64(0) == 0 && entry.be64(8) == 0;
}

void put_ripng_entries(Printer& p, const Input& in, bool response) {
  if (in.length() < 4) return void(p.put_invalid());
  Input rest = in.from(4);
  const std::size_t entries = rest.length() / kRipngEntryBytes;
  if (!response && entries == 1 && asks_for_everything(rest)) {
    p.out.put(" ripng-req dump");
    return;
  }
  p.out.put(response ? " ripng-resp " : " ripng-req ").dec(entries);
  if (entries * kRipngEntryBytes != rest.length()) p.out.put('[').dec(in.length()).put(']');
  p.out.put(':');
  for (; rest.length() >= kRipngEntryBytes && !p.truncated(); rest = rest.from(kRipngEntryBytes)) {
    p.out.put(p.options.verbosity > 1 ? "\n\t" : " ");
    put_ripng_entry(p, rest, response);
  }
  if (rest.length() > 0) p.put_invalid();
}

constexpr Token kHsrpOperations[] = {{0, "hello"}, {1, "coup"}, {2, "resign"}};
constexpr Token kHsrpStates[] = {{0, "initial"}, {1, "learn"},   {2, "listen"},
                                 {4, "speak"},   {8, "standby"}, {16, "active"}};

}  // namespace

void print_rip(Printer& p, Input in) {
  p.set_protocol("rip");
  if (in.available() < kRipHeaderBytes) return p.truncate();
  const unsigned version = in.u8(1);
  const unsigned command = in.u8(0);
  if (p.verbose()) p.out.put("\n\t");
  p.out.put("RIPv").dec(version);
  if (version == 0) return put_data(p, in, 0, in.length(), "\n\t");  // RFC 1058 section 3.4
  p.out.put(", ");
  p.token(kRipCommands, command, "unknown command (", ")").put(", length: ").dec(in.length());
  if (!p.verbose()) return;
  bool dumped = false;
  if (command == 1 || command == 2) {
    if (version == 1 || version == 2) {
      put_routes(p, in, version);
    } else {
      p.out.put(", unknown version");
    }
  } else if (command < 5 || command > 6) {
    put_data(p, in, 0, in.length(), "\n\t");
    dumped = true;
  }
  if (p.options.verbosity > 1 && !dumped) put_data(p, in, 0, in.length(), "\n\t");
}

void print_ripng(Printer& p, Input in) {
  p.set_protocol("ripng");
  const unsigned version = in.u8(1);
  if (version != 1) {
    p.out.put(" [vers ").dec(version).put(']');
    p.put_invalid();
    return;
  }
  const unsigned command = in.u8(0);
  if (command == 1 || command == 2) return put_ripng_entries(p, in, command == 2);
  p.out.put(" ripng-").dec(command).put(" ?? ").dec(in.length());
  p.put_invalid();
}

void print_hsrp(Printer& p, Input in) {
  p.set_protocol("hsrp");
  const unsigned version = in.u8(0);
  p.out.put("HSRPv").dec(version);
  if (version != 0) return;
  p.out.put('-');
  p.token(kHsrpOperations, in.u8(1), "unknown (", ")").put(' ').dec(in.length()).put(": ");
  if (!in.need(2, 1)) return;
  p.out.put("state=");
  p.token(kHsrpStates, in.u8(2), "Unknown (", ")").put(' ');
  if (!in.need(6, 1)) return;
  p.out.put("group=").dec(in.u8(6)).put(' ');
  const unsigned reserved = in.u8(7);
  if (reserved != 0) p.out.put("[reserved=").dec(reserved).put("!] ");
  if (!in.need(16, 4)) return;
  p.out.put("addr=");
  p.host4(in.at(16, 4));
  if (!p.verbose()) return;
  p.out.put(" hellotime=");
  p.duration(in.u8(3)).put(" holdtime=");
  p.duration(in.u8(4)).put(" priority=").dec(in.u8(5)).put(" auth=\"");
  p.safe_text(in.from(8), 8, true).put('"');
}

}  // namespace capstan::text
