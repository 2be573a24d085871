#include "tools/text/routing/pim.h"

namespace capstan::text {

namespace {

void put_address(Printer& p, const Input& in, std::size_t at, std::size_t size) {
  if (size == 4) {
    p.host4(in.at(at, 4));
  } else {
    p.host6(in.at(at, 16));
  }
}

// Takes the address at the front of `in`. False when there is none.
bool take(Printer& p, Input& in, PimAddress kind) {
  const std::size_t used = print_pim_address(p, in, kind);
  if (used == 0) {
    p.out.put("...)");
    return false;
  }
  in = in.from(used);
  return true;
}

}  // namespace

std::size_t print_pim_address(Printer& p, const Input& in, PimAddress kind) {
  if (in.length() < 2 || !in.has(0, 2)) return 0;
  const std::uint8_t family = in.u8(0);
  if ((family != 1 && family != 2) || in.u8(1) != 0) return 0;
  const std::size_t size = family == 1 ? 4 : 16;
  const std::size_t head = kind == PimAddress::kUnicast ? 2 : 4;
  if (in.length() < head + size || !in.has(0, head + size)) return 0;
  put_address(p, in, head, size);
  if (kind == PimAddress::kUnicast) return head + size;
  const unsigned full = static_cast<unsigned>(size) * 8;
  if (in.u8(3) != full) p.out.put('/').dec(in.u8(3));
  const std::uint8_t flags = in.u8(2);
  if (kind == PimAddress::kSource && flags != 0) {
    p.out.put('(').put((flags & 0x04) != 0 ? "S" : "").put((flags & 0x02) != 0 ? "W" : "");
    p.out.put((flags & 0x01) != 0 ? "R" : "");
    if ((flags & 0xf8) != 0) p.out.put("+0x").hex(flags & 0xf8U, 2);
    p.out.put(')');
  }
  return head + size;
}

void print_pim_bootstrap(Printer& p, Input in) {
  if (in.length() < 2) return p.truncate();
  p.out.put(" tag=").hex(in.be16(0)).put(" hashmlen=").dec(in.u8(2));
  p.out.put(" BSRprio=").dec(in.u8(3));
  in = in.from(4);
  p.out.put(" BSR=");
  if (!take(p, in, PimAddress::kUnicast)) return;
  for (std::size_t group = 0; in.length() > 0 && !p.truncated(); ++group) {
    p.out.put(" (group").dec(group).put(": ");
    if (!take(p, in, PimAddress::kGroup)) return;
    const unsigned points = in.u8(0);
    const unsigned fragment = in.u8(1);
    p.out.put(" RPcnt=").dec(points).put(" FRPcnt=").dec(fragment);
    in = in.from(4);
    for (unsigned i = 0; i < fragment && in.length() > 0 && !p.truncated(); ++i) {
      p.out.put(" RP").dec(i).put('=');
      if (!take(p, in, PimAddress::kUnicast)) return;
      p.out.put(",holdtime=");
      p.duration(in.be16(0));
      p.out.put(",prio=").dec(in.u8(2));
      in = in.from(4);
    }
    p.out.put(')');
  }
}

void print_pim_candidate(Printer& p, Input in) {
  const unsigned count = in.u8(0);
  p.out.put(" prefix-cnt=").dec(count).put(" prio=").dec(in.u8(1)).put(" holdtime=");
  p.duration(in.be16(2));
  in = in.from(4);
  p.out.put(" RP=");
  if (!take(p, in, PimAddress::kUnicast)) return;
  for (unsigned i = 0; i < count && in.length() > 0 && !p.truncated(); ++i) {
    p.out.put(" Group").dec(i).put('=');
    if (!take(p, in, PimAddress::kGroup)) return;
  }
}

}  // namespace capstan::text
