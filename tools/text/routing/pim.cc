// PIM version 2 (RFC 7761).
#include "tools/text/routing/pim.h"

#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t {
  kHello = 0,
  kRegister = 1,
  kRegisterStop = 2,
  kJoinPrune = 3,
  kBootstrap = 4,
  kAssert = 5,
  kGraft = 6,
  kGraftAck = 7,
  kCandidate = 8,
  kPruneRefresh = 9,
};
constexpr Token kTypes[] = {{kHello, "Hello"},
                            {kRegister, "Register"},
                            {kRegisterStop, "Register-Stop"},
                            {kJoinPrune, "Join / Prune"},
                            {kBootstrap, "Bootstrap"},
                            {kAssert, "Assert"},
                            {kGraft, "Graft"},
                            {kGraftAck, "Graft-ACK"},
                            {kCandidate, "Candidate RP Advertisement"},
                            {kPruneRefresh, "Prune-Refresh"},
                            {10, "DF Election"},
                            {11, "ECMP Redirect"},
                            {12, "PIM Flooding Mechanism"}};
constexpr Token kHelloOptions[] = {{1, "Hold Time"},
                                   {2, "LAN Prune Delay"},
                                   {17, "DR Priority (deprecated)"},
                                   {18, "Bidirectional-capable? (deprecated)"},
                                   {19, "DR Priority"},
                                   {20, "Generation ID"},
                                   {21, "State Refresh Capability"},
                                   {22, "Bi-Directional Capability"},
                                   {24, "Address List"},
                                   {65001, "Address List (deprecated)"}};

void put_seconds(Printer& p, std::uint32_t seconds) { p.duration(seconds); }

// False when the option is not what it should be: what follows is not looked at then.
bool put_hello_value(Printer& p, const Input& value, std::uint16_t kind, std::size_t size) {
  switch (kind) {
    case 1:
      if (size != 2) {
        p.out.put("[option length ").dec(size).put(" != 2]");
        p.put_invalid();
        return false;
      }
      put_seconds(p, value.be16(0));
      return true;
    case 2: {
      if (size != 4) {
        p.out.put("[option length ").dec(size).put(" != 4]");
        p.put_invalid();
        return false;
      }
      const std::uint16_t delay = value.be16(0);
      p.out.put("\n\t    T-bit=").dec(delay >> 15).put(", LAN delay ").dec(delay & 0x7fffU);
      p.out.put("ms, Override interval ").dec(value.be16(2)).put("ms");
      return true;
    }
    case 17:
    case 19:
      if (size == 4) {
        p.out.dec(value.be32(0));
      } else if (size == 0) {
        p.out.put("Bi-Directional Capability (Old)");
      } else {
        p.out.put("[option length ").dec(size).put(" != 4]");
        p.put_invalid();
        return false;
      }
      return true;
    case 20:
      if (size != 4) {
        p.out.put("[option length ").dec(size).put(" != 4]");
        p.put_invalid();
        return false;
      }
      p.out.put("0x").hex(value.be32(0), 8);
      return true;
    case 21:
      if (size != 4) {
        p.out.put("[option length ").dec(size).put(" != 4]");
        p.put_invalid();
        return false;
      }
      p.out.put('v').dec(value.u8(0));
      if (value.u8(1) != 0) {
        p.out.put(", interval ");
        put_seconds(p, value.u8(1));
      }
      if (value.be16(2) != 0) p.out.put(" ?0x").hex(value.be16(2), 4).put('?');
      return true;
    case 22:
      return true;
    case 24:
    case 65001:
      if (p.options.verbosity > 1) {
        Input rest = value.with_length(size);
        while (rest.length() > 0 && !p.truncated()) {
          p.out.put("\n\t    ");
          const std::size_t used = print_pim_address(p, rest, PimAddress::kUnicast);
          if (used == 0) return true;
          rest = rest.from(used);
        }
      }
      return true;
    default:
      if (p.options.verbosity <= 1) p.hex_data(value, "\n\t    ", size);
      return true;
  }
}

void put_hello(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    if (in.length() < 4) {
      p.truncate();
      return;
    }
    const std::uint16_t kind = in.be16(0);
    const std::size_t size = in.be16(2);
    if (p.truncated()) return;
    const char* name = find_token(kHelloOptions, kind);
    p.out.put("\n\t  ").put(name != nullptr ? name : "Unknown").put(" Option (").dec(kind);
    p.out.put("), length ").dec(size).put(", Value: ");
    if (!in.need(4, size)) return;
    const Input value = in.from(4);
    if (!put_hello_value(p, value, kind, size)) return;
    if (p.options.verbosity > 1) p.hex_data(value, "\n\t    ", size);
    in = in.from(4 + size);
  }
}

// The inner header of a Register, which may be a null one without a payload.
void put_register(Printer& p, const Input& in) {
  const std::uint32_t flags = in.be32(4);
  p.out.put(", Flags [ ");
  static constexpr Token kFlags[] = {{0x80000000, "Border"}, {0x40000000, "Null"}};
  p.bits(kFlags, flags).put(" ]\n\t");
  const Input inner = in.from(8);
  if (inner.length() == 0) return;
  const unsigned version = inner.u8(0) >> 4;
  if (version == 0) {
    p.host4(inner.at(12, 4)).put(" > ");
    p.host4(inner.at(16, 4));
  } else if (version == 4) {
    print_ipv4(p, inner);
  } else if (version == 6) {
    print_ipv6(p, inner);
  } else {
    p.out.put("IP ver ").dec(version);
  }
}

void put_sources(Printer& p, Input& in, std::size_t count, const char* label) {
  for (std::size_t i = 0; i < count && !p.truncated(); ++i) {
    p.out.put("\n\t      ").put(label).put(" source #").dec(i + 1).put(": ");
    const std::size_t used = print_pim_address(p, in, PimAddress::kSource);
    if (used == 0) return p.truncate();
    in = in.from(used);
  }
}

void put_join_prune(Printer& p, Input in, std::uint8_t type) {
  in = in.from(4);
  if (type != kGraftAck) {
    p.out.put(", upstream-neighbor: ");
    const std::size_t used = print_pim_address(p, in, PimAddress::kUnicast);
    if (used == 0) return p.truncate();
    in = in.from(used);
  }
  if (in.length() < 4) return p.truncate();
  if (!in.need(0, 4)) return;
  const std::size_t groups = in.u8(1);
  const std::uint16_t hold = in.be16(2);
  p.out.put("\n\t  ").dec(groups).put(" group(s)");
  if (type != kGraftAck) {
    p.out.put(", holdtime: ");
    if (hold == 0xffff) {
      p.out.put("infinite");
    } else {
      put_seconds(p, hold);
    }
  }
  in = in.from(4);
  for (std::size_t i = 0; i < groups && !p.truncated(); ++i) {
    p.out.put("\n\t    group #").dec(i + 1).put(": ");
    const std::size_t used = print_pim_address(p, in, PimAddress::kGroup);
    if (used == 0) return p.truncate();
    in = in.from(used);
    if (in.length() < 4) {
      p.out.put("...)");
      return p.truncate();
    }
    const std::size_t joined = in.be16(0);
    const std::size_t pruned = in.be16(2);
    if (p.truncated()) return;
    p.out.put(", joined sources: ").dec(joined).put(", pruned sources: ").dec(pruned);
    in = in.from(4);
    put_sources(p, in, joined, "joined");
    put_sources(p, in, pruned, "pruned");
  }
}

void put_assert(Printer& p, Input in) {
  in = in.from(4);
  p.out.put(" group=");
  std::size_t used = print_pim_address(p, in, PimAddress::kGroup);
  if (used == 0) return p.out.put("..."), p.truncate();
  in = in.from(used);
  p.out.put(" src=");
  used = print_pim_address(p, in, PimAddress::kUnicast);
  if (used == 0) return p.out.put("..."), p.truncate();
  in = in.from(used);
  if ((in.be32(0) & 0x80000000U) != 0) p.out.put(" RPT");
  p.out.put(" pref=").dec(in.be32(0) & 0x7fffffffU).put(" metric=").dec(in.be32(4));
}

void put_register_stop(Printer& p, Input in) {
  in = in.from(4);
  p.out.put(" group=");
  const std::size_t used = print_pim_address(p, in, PimAddress::kGroup);
  if (used == 0) return p.out.put("..."), p.truncate();
  in = in.from(used);
  p.out.put(" source=");
  if (print_pim_address(p, in, PimAddress::kUnicast) == 0) p.out.put("..."), p.truncate();
}

void put_checksum(Printer& p, const Input& in, std::uint8_t type) {
  if (in.be16(2) == 0) {
    p.out.put("(unverified)");
    return;
  }
  // A Register covers its own header alone (RFC 7761 section 4.9).
  const std::size_t covered = type == kRegister ? 8 : in.length();
  if (!in.has(0, covered)) {
    p.out.put("(unverified)");
    return;
  }
  const ByteReader bytes = in.bytes().first(covered);
  bool correct = p.around.ip_version == 6
                     ? transport_checksum_error(p.around, ip_protocol::kPim, bytes) == 0
                     : checksum_error(bytes) == 0;
  if (!correct && type == kRegister && in.has(0, in.length())) {
    correct = checksum_error(in.bytes().first(in.length())) == 0;
  }
  p.out.put(correct ? "(correct)" : "(incorrect)");
}

void put_version_2(Printer& p, const Input& in) {
  const std::uint8_t type = in.u8(0) & 15;
  const char* name = find_token(kTypes, type);
  p.out.put("\n\t").put(name != nullptr ? name : "Unknown");
  p.out.put(", cksum 0x").hex(in.be16(2), 4).put(' ');
  put_checksum(p, in, type);
  if (p.truncated()) return;
  switch (type) {
    case kHello:
      put_hello(p, in.from(4));
      break;
    case kRegister:
      put_register(p, in);
      break;
    case kRegisterStop:
      put_register_stop(p, in);
      break;
    case kJoinPrune:
    case kGraft:
    case kGraftAck:
      put_join_prune(p, in, type);
      break;
    case kBootstrap:
      print_pim_bootstrap(p, in.from(4));
      break;
    case kAssert:
      put_assert(p, in);
      break;
    case kCandidate:
      print_pim_candidate(p, in.from(4));
      break;
    default:
      p.out.put(" [type ").dec(type).put(']');
  }
}

}  // namespace

void print_pim(Printer& p, Input in) {
  p.set_protocol("pim");
  const std::uint8_t head = in.u8(0);
  if (p.truncated()) return;
  const unsigned version = head >> 4;
  if (version != 2) {
    p.out.put("PIMv").dec(version).put(", length ").dec(in.length());
    return;
  }
  p.out.put("PIMv2");
  if (p.verbose()) {
    p.out.put(", length ").dec(in.length());
    put_version_2(p, in);
    return;
  }
  const char* name = find_token(kTypes, head & 15U);
  p.out.put(", ").put(name != nullptr ? name : "Unknown").put(", length ").dec(in.length());
}

}  // namespace capstan::text
