// MPLS label stacks (RFC 3032) and what lies under them.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr const char* kReserved[] = {
    "IPv4 explicit NULL",
    "router alert",
    "IPv6 explicit NULL",
    "implicit NULL",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
    "rsvd",
};
constexpr std::uint32_t kBottom = 0x100;

enum class Payload { kUnknown, kIpv4, kIpv6, kOsi };

// Nothing says what is carried: reserved labels do, or the first byte (as routers guess too).
Payload guess(std::uint32_t label, std::uint8_t first) noexcept {
  if (label == 0 || label == 3) return Payload::kIpv4;
  if (label == 2) return Payload::kIpv6;
  if (first >= 0x45 && first <= 0x4f) return Payload::kIpv4;
  if (first >= 0x60 && first <= 0x6f) return Payload::kIpv6;
  if (first >= 0x81 && first <= 0x83) return Payload::kOsi;
  return Payload::kUnknown;
}

}  // namespace

void print_mpls(Printer& p, Input in) {
  p.set_protocol("mpls");
  p.out.put("MPLS");
  std::uint32_t entry = 0;
  bool first = true;
  do {
    if (in.length() < 4 || !in.has(0, 4)) {
      p.truncate();
      return;
    }
    entry = in.be32(0);
    const std::uint32_t label = entry >> 12;
    p.out.put(!first && p.verbose() ? "\n\t(label " : " (label ").dec(label);
    if (p.verbose() && label < std::size(kReserved)) {
      p.out.put(" (").put(kReserved[label]).put(')');
    }
    p.out.put(", tc ").dec(entry >> 9 & 7U);
    if ((entry & kBottom) != 0) p.out.put(", [S]");
    p.out.put(", ttl ").dec(entry & 0xffU).put(')');
    in = in.from(4);
    first = false;
  } while ((entry & kBottom) == 0);
  const std::uint32_t label = entry >> 12;
  if (label > 3 && in.length() < 1) return;
  const std::uint8_t byte = label == 0 || label == 2 || label == 3 ? std::uint8_t{0} : in.u8(0);
  if (p.truncated()) return;
  const Payload payload = guess(label, byte);
  if (payload == Payload::kUnknown) {
    p.unknown_data(in);
    return;
  }
  p.out.put(p.verbose() ? "\n\t" : " ");
  if (p.enter()) {
    if (payload == Payload::kIpv4) print_ipv4(p, in);
    if (payload == Payload::kIpv6) print_ipv6(p, in);
    if (payload == Payload::kOsi) print_iso(p, in);
  }
  p.leave();
}

}  // namespace capstan::text
