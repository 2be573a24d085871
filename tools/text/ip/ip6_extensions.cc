#include "tools/text/ip/ip6_extensions.h"

#include "tools/text/ip/ip.h"

namespace capstan::text {

namespace {

// RFC 8200 section 4.2 and the IANA registry of options.
enum OptionKind : std::uint8_t {
  kPad1 = 0x00,
  kPadN = 0x01,
  kTunnelLimit = 0x04,
  kRouterAlert = 0x05,
  kJumbo = 0xc2,
  kHomeAddress = 0xc9,
};

constexpr std::uint32_t kMinJumboBytes = 65536;

// RFC 6275 section 6.2: what may stand inside a home address option.
void put_sub_options(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const std::uint8_t kind = in.u8(0);
    if (kind == kPad1) {
      p.out.put(", pad1");
      in = in.from(1);
      continue;
    }
    if (in.length() < 2) {
      p.truncate();
      return;
    }
    const std::size_t size = std::size_t{in.u8(1)} + 2;
    if (in.length() < size) {
      p.truncate();
      return;
    }
    if (kind == kPadN) {
      p.out.put(", padn");
    } else {
      p.out.put(", type ").dec(kind);
    }
    in = in.from(size);
  }
}

struct OptionScan {
  bool ends = false;
  bool jumbo = false;
};

// One option. `size` includes its two head bytes.
void put_option(Printer& p, const Input& in, std::uint8_t kind, std::size_t size,
                OptionScan& scan) {
  switch (kind) {
    case kPadN:
      if (p.verbose()) p.out.put("(padn)");
      return;
    case kRouterAlert:
      if (size != 4) {
        p.out.put("(rtalert: invalid len ").dec(in.u8(1)).put(')');
        scan.ends = true;
        return;
      }
      if (p.verbose()) p.out.put("(rtalert: 0x").hex(in.be16(2), 4).put(") ");
      return;
    case kJumbo:
      if (size != 6) {
        p.out.put("(jumbo: invalid len ").dec(in.u8(1)).put(')');
        scan.ends = true;
        return;
      }
      if (scan.jumbo) {
        p.out.put(" (jumbo: already found)");
        return;
      }
      scan.jumbo = true;
      if (in.be32(2) < kMinJumboBytes) {
        p.out.put(" (jumbo: ").dec(in.be32(2)).put(" - not >= 65536)");
        return;
      }
      if (p.verbose()) p.out.put("(jumbo: ").dec(in.be32(2)).put(") ");
      return;
    case kHomeAddress:
      if (size < 18) {
        p.out.put("(homeaddr: invalid len ").dec(in.u8(1)).put(')');
        scan.ends = true;
        return;
      }
      if (p.verbose()) {
        p.out.put("(homeaddr: ");
        p.host6(in.at(2, 16));
        if (size > 18) put_sub_options(p, in.from(18).with_length(size - 18));
        p.out.put(')');
      }
      return;
    default:
      if (p.verbose()) p.out.put("(opt_type 0x").hex(kind, 2).put(": len=").dec(size - 2).put(')');
      return;
  }
}

OptionScan put_options(Printer& p, Input in) {
  OptionScan scan;
  while (in.length() > 0 && !p.truncated() && !scan.ends) {
    const std::uint8_t kind = in.u8(0);
    if (kind == kPad1) {
      if (p.verbose()) p.out.put("(pad1)");
      in = in.from(1);
      continue;
    }
    const std::size_t size = in.length() < 2 ? 2 : std::size_t{in.u8(1)} + 2;
    if (size > in.length()) {
      p.truncate();
      break;
    }
    put_option(p, in, kind, size, scan);
    in = in.from(size);
  }
  if (p.verbose() && !scan.ends) p.out.put(' ');
  return scan;
}

std::size_t options_header_bytes(const Input& in) { return (std::size_t{in.u8(1)} + 1) * 8; }

constexpr std::uint8_t kSegmentRouting = 4;

// RFC 8754 section 2: the last entry's index, flags, a tag, and addresses in all that is left.
// False when that is no whole number of them: TLVs are not told from addresses.
bool put_segment_routing(Printer& p, const Input& in, std::uint8_t units) {
  p.out.put(", last-entry=").dec(in.u8(4));
  if (in.u8(5) != 0 || p.verbose()) p.out.put(", flags=0x").hex(in.u8(5));
  p.out.put(", tag=").hex(in.be16(6));
  if (units % 2 != 0) {
    p.out.put(" (invalid length ").dec(units).put(')');
    p.put_invalid();
    return false;
  }
  for (unsigned i = 0; i < units / 2U && !p.truncated(); ++i) {
    p.out.put(", [").dec(i).put(']');
    p.host6(in.at(8 + std::size_t{i} * 16, 16));
  }
  p.out.put(") ");
  return true;
}

// ---- Mobility header (RFC 6275 section 6.1) ----

constexpr Token kMobilityTypes[] = {{0, "BRR"}, {1, "HoTI"}, {2, "CoTI"}, {3, "HoT"},
                                    {4, "CoT"}, {5, "BU"},   {6, "BA"},   {7, "BE"}};

void put_cookie(Printer& p, std::string_view label, const Input& in, std::size_t at) {
  p.out.put(label).put('=').hex(in.be32(at), 8).put(':').hex(in.be32(at + 4), 8);
}

void put_mobility_message(Printer& p, const Input& in, std::uint8_t type) {
  p.token(kMobilityTypes, type, "type-#");
  switch (type) {
    case 1:
    case 2:
      if (p.verbose())
        put_cookie(p, type == 1 ? " Home Init Cookie" : " Care-of Init Cookie", in, 8);
      break;
    case 3:
    case 4:
      p.out.put(" nonce id=0x").hex(in.be16(6));
      if (p.verbose()) {
        put_cookie(p, type == 3 ? " Home Init Cookie" : " Care-of Init Cookie", in, 8);
        put_cookie(p, type == 3 ? " Home Keygen Token" : " Care-of Keygen Token", in, 16);
      }
      break;
    case 5: {
      const std::uint16_t flags = in.be16(8);
      p.out.put(" seq#=").dec(in.be16(6));
      if ((flags & 0xf000) != 0) p.out.put(' ');
      if ((flags & 0x8000) != 0) p.out.put('A');
      if ((flags & 0x4000) != 0) p.out.put('H');
      if ((flags & 0x2000) != 0) p.out.put('L');
      if ((flags & 0x1000) != 0) p.out.put('K');
      p.out.put(" lifetime=").dec(std::uint32_t{in.be16(10)} * 4);
      break;
    }
    case 6:
      p.out.put(" status=").dec(in.u8(6));
      if ((in.u8(7) & 0x80) != 0) p.out.put(" K");
      p.out.put(" seq#=").dec(in.be16(8)).put(" lifetime=").dec(std::uint32_t{in.be16(10)} * 4);
      break;
    case 7:
      p.out.put(" status=").dec(in.u8(6)).put(" homeaddr ");
      p.host6(in.at(8, 16));
      break;
    case 0:
      break;
    default:
      p.out.put(" len=").dec(in.u8(1));
      break;
  }
}

// What a message of each type has before its options, at least.
std::size_t mobility_bytes(std::uint8_t type) noexcept {
  static constexpr std::uint8_t kBytes[] = {8, 16, 16, 24, 24, 12, 12, 24};
  return type < std::size(kBytes) ? kBytes[type] : 8;
}

// RFC 6275 section 6.2
void put_mobility_options(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const std::uint8_t kind = in.u8(0);
    const std::size_t size = kind == 0 ? 1 : std::size_t{in.u8(1)} + 2;
    // tcpdump asks for a byte behind every option, which the last one may not have.
    if (!in.need(0, size + 1)) return;
    switch (kind) {
      case 0:
        p.out.put("(pad1)");
        break;
      case 1:
        p.out.put("(padn)");
        break;
      case 2:
        if (size < 4) return p.truncate();
        p.out.put("(refresh: ").dec(std::uint32_t{in.be16(2)} * 4).put(')');
        break;
      case 3:
        if (size < 18) return p.truncate();
        p.out.put("(alt-CoA: ");
        p.host6(in.at(2, 16)).put(')');
        break;
      case 4:
        if (size < 6) return p.truncate();
        p.out.put("(ni: ho=0x").hex(in.be16(2), 4).put(" co=0x").hex(in.be16(4), 4).put(')');
        break;
      case 5:
        if (size < 12) return p.truncate();
        p.out.put("(auth)");
        break;
      default:
        p.out.put("(type-0x").hex(kind, 2).put(": len=").dec(size - 2).put(')');
    }
    in = in.from(size);
  }
}

}  // namespace

Extension print_ip6_hop_by_hop(Printer& p, Input in, bool jumbo_expected) {
  p.set_protocol("hbhopt");
  const std::size_t bytes = options_header_bytes(in);
  if (!in.need(0, bytes)) return {bytes, 0, true};
  p.out.put("HBH ");
  Extension extension{bytes, in.u8(0), false};
  const OptionScan scan = put_options(p, in.from(2).with_length(bytes - 2));
  if (jumbo_expected && !scan.jumbo && !p.truncated()) {
    p.out.put("[No valid Jumbo Payload Hop-by-Hop option found]");
    p.put_invalid();
    extension.ends = true;
  }
  extension.ends = extension.ends || scan.ends;
  return extension;
}

Extension print_ip6_destination_options(Printer& p, Input in) {
  p.set_protocol("dstopt");
  const std::size_t bytes = options_header_bytes(in);
  if (!in.need(0, bytes)) return {bytes, 0, true};
  p.out.put("DSTOPT ");
  OptionScan scan;
  if (p.verbose()) scan = put_options(p, in.from(2).with_length(bytes - 2));
  return {bytes, in.u8(0), scan.ends};
}

Extension print_ip6_fragment(Printer& p, Input in) {
  p.set_protocol("frag6");
  const unsigned field = in.be16(2);
  const unsigned offset = field & 0xfff8U;
  if (!in.need(0, 8)) return {8, 0, true};
  p.out.put("frag (");
  if (p.verbose()) p.out.put("0x").hex(in.be32(4), 8).put(':');
  p.out.dec(offset).put('|').dec(in.length() < 8 ? 0 : in.length() - 8).put(')');
  // What a later fragment carries begins nowhere: it cannot be printed.
  if (offset != 0) return {8, in.u8(0), true};
  p.out.put(' ');
  return {8, in.u8(0), false};
}

Extension print_ip6_routing(Printer& p, Input in) {
  p.set_protocol("rt6");
  const std::uint8_t units = in.u8(1);
  const std::uint8_t type = in.u8(2);
  const std::uint8_t segments_left = in.u8(3);
  const std::size_t bytes = (std::size_t{units} + 1) * 8;
  if (p.truncated()) return {bytes, 0, true};
  Extension extension{bytes, in.u8(0), false};
  p.out.put("RT6 (len=").dec(units).put(", type=").dec(type);
  if (type == 0) p.out.put(" [Deprecated]");
  p.out.put(", segleft=").dec(segments_left);
  const bool has_addresses = type == 0 || type == 2;
  if (has_addresses) {
    if (in.be32(4) != 0 || p.verbose()) p.out.put(", rsv=0x").hex(in.be32(4));
    std::size_t count = units;
    if (count % 2 != 0) {
      p.put_invalid();
      extension.ends = true;
    } else {
      count /= 2;
      for (std::size_t i = 0; i < count && !p.truncated(); ++i) {
        p.out.put(", [").dec(i).put(']');
        p.host6(in.at(8 + 16 * i, 16));
      }
      p.out.put(") ");
    }
  } else if (type == kSegmentRouting) {
    extension.ends = !put_segment_routing(p, in, units);
  } else {
    p.out.put(") (unknown type)");
  }
  if (segments_left > 0 && in.has(8, bytes - 8) && bytes >= 24) {
    const std::size_t last = type == kSegmentRouting ? 8 : bytes - 16;
    if (has_addresses || type == kSegmentRouting) p.around.final_destination = in.data() + last;
  }
  return extension;
}

void print_ip6_mobility(Printer& p, Input in) {
  p.set_protocol("mobility");
  const std::uint8_t type = in.u8(2);
  if (p.truncated()) return;
  const std::size_t bytes = options_header_bytes(in);
  const std::size_t least = mobility_bytes(type);
  if (bytes < least) {
    p.out.put("(header length ").dec(bytes).put(" is too small for type ").dec(type).put(')');
    return p.truncate();
  }
  p.out.put("mobility: ");
  put_mobility_message(p, in, type);
  const bool known = type < std::size(kMobilityTypes);
  if (p.verbose() && known && !p.truncated())
    put_mobility_options(p, in.with_length(bytes).from(least));
}

}  // namespace capstan::text
