// Ethernet and IP over UDP: VXLAN (RFC 7348) and Geneve (RFC 8926).
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr Token kGeneveFlags[] = {{0x80, "O"}, {0x40, "C"}};

// https://www.iana.org/assignments/nvo3 and RFC 8926 section 3.5
const char* option_class(std::uint16_t number) noexcept {
  if (number <= 0x00ff) return "Standard";
  if (number >= 0xff00) return "Experimental";
  return "Unknown";
}

void put_geneve_options(Printer& p, Input in) {
  const char* separator = "";
  while (in.length() > 0 && !p.truncated()) {
    p.out.put(separator);
    separator = ", ";
    const std::uint16_t number = in.be16(0);
    const std::uint8_t type = in.u8(2);
    const std::size_t size = std::size_t{in.u8(3) & 0x1fU} * 4 + 4;
    if (!in.need(0, 4)) return;
    p.out.put("class ").put(option_class(number)).put(" (0x").hex(number).put(") type 0x");
    p.out.hex(type);
    if ((type & 0x80) != 0) p.out.put("(C)");
    p.out.put(" len ").dec(size);
    if (size > in.length()) {
      p.out.put(" [bad length]");
      return;
    }
    if (p.options.verbosity > 1 && size > 4) {
      p.out.put(" data");
      for (std::size_t at = 4; at < size && !p.truncated(); at += 4) {
        p.out.put(' ').hex(in.be32(at), 8);
      }
    }
    in = in.from(size);
  }
}

}  // namespace

void print_vxlan(Printer& p, Input in) {
  p.set_protocol("vxlan");
  if (in.length() < kHeaderBytes) {
    p.truncate();
    return;
  }
  if (!in.need(0, kHeaderBytes)) return;
  const std::uint8_t flags = in.u8(0);
  p.out.put("VXLAN, flags [").put((flags & 0x08) != 0 ? 'I' : '.').put("] (0x");
  p.out.hex(flags, 2).put("), vni ").dec(in.be24(4)).put('\n');
  if (p.enter()) print_ethernet(p, in.from(kHeaderBytes), p.options.link_header);
  p.leave();
}

void print_geneve(Printer& p, Input in) {
  p.set_protocol("geneve");
  p.out.put("Geneve");
  if (in.length() < kHeaderBytes) {
    p.out.put(" packet length ").dec(in.length()).put(" < 8");
    p.truncate();
    return;
  }
  const unsigned version = in.u8(0) >> 6;
  if (version != 0) {
    p.out.put(" ERROR: unknown-version ").dec(version);
    return;
  }
  const std::size_t options = std::size_t{in.u8(0) & 0x3fU} * 4;
  const std::uint8_t flags = in.u8(1);
  const std::uint16_t protocol = in.be16(2);
  p.out.put(", Flags [");
  p.bits(kGeneveFlags, flags, "").put("], vni 0x").hex(in.be24(4));
  if (in.u8(7) != 0) p.out.put(", rsvd 0x").hex(in.u8(7));
  if (p.options.link_header) {
    const char* name = ethertype_name(protocol);
    p.out.put(", proto ").put(name != nullptr ? name : "unknown").put(" (0x");
    p.out.hex(protocol, 4).put(')');
  }
  in = in.from(kHeaderBytes);
  if (in.length() < options) {
    p.out.put(" truncated-geneve - ").dec(options - in.length()).put(" bytes missing");
    return;
  }
  if (options > 0) {
    p.out.put(", options [");
    if (p.verbose()) {
      put_geneve_options(p, in.with_length(options));
    } else {
      p.out.dec(options).put(" bytes");
    }
    p.out.put(']');
  }
  if (p.truncated()) return;
  in = in.from(options);
  p.out.put(p.verbose() ? "\n\t" : ": ");
  if (!p.enter()) return p.leave();
  if (!print_ethertype(p, protocol, in, {})) {
    if (protocol == 0x6558) {
      print_ethernet(p, in, p.options.link_header);
    } else {
      p.out.put("geneve-proto-0x").hex(protocol);
    }
  }
  p.leave();
}

}  // namespace capstan::text
