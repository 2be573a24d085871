// Multicast Listener Discovery (RFC 2710, RFC 3810).
#include "tools/text/ip/icmp6_parts.h"

namespace capstan::text {

namespace {
constexpr Token kRecords[] = {{1, "is_in"}, {2, "is_ex"}, {3, "to_in"},
                              {4, "to_ex"}, {5, "allow"}, {6, "block"}};

void put_sources(Printer& p, const Input& in, std::size_t at, std::size_t count) {
  p.out.put(" {");
  for (std::size_t i = 0; i < count && !p.truncated(); ++i) {
    p.out.put(' ');
    p.host6(in.at(at + 16 * i, 16));
  }
  p.out.put(" }");
}
}  // namespace

void print_mld1(Printer& p, Input in) {
  if (!in.need(8, 16)) return;
  p.out.put("max resp delay: ").dec(in.be16(4)).put(" addr: ");
  p.host6(in.at(8, 16));
}

void print_mld2_query(Printer& p, Input in) {
  const std::uint32_t code = in.be16(4);
  const std::uint32_t delay =
      code < 32768 ? code : ((code & 0x0fffU) | 0x1000U) << ((code >> 12 & 7U) + 3);
  p.out.put(" v2");
  if (p.verbose()) {
    p.out.put(" [max resp delay=").dec(delay).put(']');
  }
  p.out.put(" [gaddr ");
  p.host6(in.at(8, 16));
  const std::size_t sources = in.be16(26);
  if (sources > 0) {
    if (in.length() < 28 + sources * 16) {
      p.out.put(" [invalid number of sources ").dec(sources).put(']');
    } else if (p.options.verbosity > 1) {
      put_sources(p, in, 28, sources);
    } else {
      p.out.put(", ").dec(sources).put(" source(s)");
    }
  }
  p.out.put(']');
}

void print_mld2_report(Printer& p, Input in) {
  if (in.length() < 8) {
    p.out.put(" [invalid len ").dec(in.length()).put(']');
    return;
  }
  const unsigned groups = in.be16(6);
  p.out.put(", ").dec(groups).put(" group record(s)");
  if (!p.verbose()) return;
  std::size_t at = 8;
  for (unsigned i = 0; i < groups && !p.truncated(); ++i) {
    if (in.length() < at + 20) {
      p.out.put(" [invalid number of groups]");
      return;
    }
    p.out.put(" [gaddr ");
    p.host6(in.at(at + 4, 16)).put(' ');
    p.token(kRecords, in.u8(at), " [v2-report-#", "]");
    const std::size_t sources = in.be16(at + 2);
    if (in.length() < at + 20 + sources * 16) {
      p.out.put(" [invalid number of sources ").dec(sources).put(']');
      return;
    }
    if (p.options.verbosity > 1) {
      put_sources(p, in, at + 20, sources);
    } else {
      p.out.put(", ").dec(sources).put(" source(s)");
    }
    p.out.put(']');
    at += 20 + sources * 16;
  }
}

}  // namespace capstan::text
