// IPv6 (RFC 8200): the header and the chain of extension headers.
#include "tools/text/ip/ip.h"
#include "tools/text/ip/ip6_extensions.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 40;

void put_details(Printer& p, const Input& in) {
  const std::uint32_t flow = in.be32(0);
  p.out.put('(');
  if ((flow & 0x0ff00000) != 0) p.out.put("class 0x").hex(flow >> 20 & 0xff, 2).put(", ");
  if ((flow & 0x000fffff) != 0) p.out.put("flowlabel 0x").hex(flow & 0xfffff, 5).put(", ");
  p.out.put("hlim ").dec(in.u8(7)).put(", next-header ").put(ip_protocol_name(in.u8(6)));
  p.out.put(" (").dec(in.u8(6)).put(") payload length: ").dec(in.be16(4)).put(") ");
}

bool puts_its_own_hosts(std::uint8_t protocol) noexcept {
  return protocol == ip_protocol::kTcp || protocol == ip_protocol::kUdp ||
         protocol == ip_protocol::kDccp || protocol == ip_protocol::kSctp;
}

// Walks the headers behind the fixed one. `claimed` is the payload length field.
void put_chain(Printer& p, const Input& packet, std::size_t claimed) {
  std::uint8_t next = packet.u8(6);
  Input in = packet;
  std::size_t advance = kHeaderBytes;
  for (bool first = true; in.captured() > 0 && advance > 0; first = false) {
    if (in.length() < advance) {
      p.truncate();
      return;
    }
    in = in.from(advance);
    if (first && !puts_its_own_hosts(next)) put_hosts(p);
    Extension extension;
    switch (next) {
      case ip_protocol::kHopByHop:
        if (!first) {
          p.out.put("[The Hop-by-Hop Options header don't follow the IPv6 header]");
          p.put_invalid();
          return;
        }
        extension = print_ip6_hop_by_hop(p, in, claimed == 0);
        break;
      case ip_protocol::kDestinationOptions:
        extension = print_ip6_destination_options(p, in);
        break;
      case ip_protocol::kFragment:
        extension = print_ip6_fragment(p, in);
        p.around.fragmented = true;
        break;
      case ip_protocol::kRouting:
        extension = print_ip6_routing(p, in);
        break;
      case ip_protocol::kMobility:
      case ip_protocol::kMobilityOld:
        print_ip6_mobility(p, in);
        return;
      default:
        print_ip_payload(p, next, in);
        return;
    }
    if (p.truncated() || extension.ends) return;
    advance = extension.bytes;
    next = extension.next;
  }
}

}  // namespace

void print_ipv6(Printer& p, Input in) {
  p.set_protocol("ip6");
  if (in.length() < kHeaderBytes) {
    p.out.put("truncated-ip6 ").dec(in.length());
    return;
  }
  if (!p.options.link_header) p.out.put("IP6 ");
  const unsigned version = in.u8(0) >> 4;
  if (p.truncated()) return;
  if (version != 6) {
    p.out.put("version error: ").dec(version).put(" != 6");
    return;
  }
  if (!in.need(0, kHeaderBytes)) return;
  const std::size_t claimed = in.be16(4);
  std::size_t total = in.length();
  if (claimed != 0) {
    total = claimed + kHeaderBytes;
    if (total > in.length()) {
      p.out.put("[header+payload length ").dec(total).put(" > length ").dec(in.length());
      p.out.put(']');
      p.put_invalid().put(' ');
    }
  }
  in = in.first(total).with_length(total);
  Surroundings& around = p.around;
  around = {};
  around.ip_version = 6;
  around.ip_header = in.data();
  around.source = in.data() + 8;
  around.destination = in.data() + 24;
  around.ttl = in.u8(7);
  around.header_protocol = in.u8(6);
  if (p.verbose()) put_details(p, in);
  put_chain(p, in, claimed);
}

void print_ip_any(Printer& p, Input in) {
  if (in.length() < 1) {
    p.out.put("truncated-ip ").dec(in.length());
    return;
  }
  const unsigned version = in.u8(0) >> 4;
  if (p.truncated()) return;
  if (version == 4) {
    print_ipv4(p, in);
  } else if (version == 6) {
    print_ipv6(p, in);
  } else {
    p.out.put("unknown ip ").dec(version);
  }
}

}  // namespace capstan::text
