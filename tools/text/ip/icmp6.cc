// ICMPv6 (RFC 4443), Neighbor Discovery (RFC 4861), MLD (RFC 2710, RFC 3810), mobility (RFC 6275).
#include "engine/flow/checksum.h"
#include "tools/text/ip/icmp6_parts.h"
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t {
  kUnreachable = 1,
  kTooBig = 2,
  kTimeExceeded = 3,
  kParameterProblem = 4,
  kEcho = 128,
  kEchoReply = 129,
  kQuery = 130,
  kReport = 131,
  kDone = 132,
  kRouterSolicitation = 133,
  kRouterAdvertisement = 134,
  kNeighborSolicitation = 135,
  kNeighborAdvertisement = 136,
  kRedirect = 137,
  kRenumbering = 138,
  kNodeQuery = 139,
  kNodeReply = 140,
  kInverseSolicitation = 141,
  kInverseAdvertisement = 142,
  kReportV2 = 143,
  kHomeAgentRequest = 144,
  kHomeAgentReply = 145,
  kPrefixSolicitation = 146,
  kPrefixAdvertisement = 147,
  kRpl = 155,
};
constexpr Token kTypes[] = {
    {kUnreachable, "destination unreachable"},
    {kTooBig, "packet too big"},
    {kTimeExceeded, "time exceeded in-transit"},
    {kParameterProblem, "parameter problem"},
    {kEcho, "echo request"},
    {kEchoReply, "echo reply"},
    {kQuery, "multicast listener query"},
    {kReport, "multicast listener report"},
    {kDone, "multicast listener done"},
    {kRouterSolicitation, "router solicitation"},
    {kRouterAdvertisement, "router advertisement"},
    {kNeighborSolicitation, "neighbor solicitation"},
    {kNeighborAdvertisement, "neighbor advertisement"},
    {kRedirect, "redirect"},
    {kRenumbering, "router renumbering"},
    {kNodeQuery, "who-are-you request"},
    {kNodeReply, "who-are-you reply"},
    {kInverseSolicitation, "inverse neighbor solicitation"},
    {kInverseAdvertisement, "inverse neighbor advertisement"},
    {kReportV2, "multicast listener report v2"},
    {kHomeAgentRequest, "ha discovery request"},
    {kHomeAgentReply, "ha discovery reply"},
    {kPrefixSolicitation, "mobile router solicitation"},
    {kPrefixAdvertisement, "mobile router advertisement"},
    {kRpl, "RPL"},
    {200, "mtrace message"},
    {201, "mtrace response"},
};

constexpr Token kUnreachableCodes[] = {
    {0, "unreachable route"},   {1, " unreachable prohibited"}, {2, "beyond scope"},
    {3, "unreachable address"}, {4, "unreachable port"},
};
constexpr Token kAdvertisementFlags[] = {{0x80, "router"}, {0x40, "solicited"}, {0x20, "override"}};
constexpr Token kRouterFlags[] = {
    {0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}};
// RFC 4191 section 2.2
constexpr Token kPreferences[] = {
    {0x00, "medium"}, {0x08, "high"}, {0x10, "reserved"}, {0x18, "low"}};

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kQuotedSource = kHeaderBytes + 8;
constexpr std::size_t kQuotedDestination = kHeaderBytes + 24;

// Where the transport header of the quoted packet begins, and what it is.
struct UpperLayer {
  std::size_t offset = 0;  // 0: not reached
  std::uint8_t protocol = 0;
};
UpperLayer find_upper_layer(const Input& in) {
  std::size_t at = kHeaderBytes + 40;
  std::uint8_t next = in.bytes().u8(kHeaderBytes + 6);
  while (in.has(at, 8)) {
    switch (next) {
      case ip_protocol::kUdp:
      case ip_protocol::kTcp:
        return {at, next};
      case ip_protocol::kHopByHop:
      case ip_protocol::kDestinationOptions:
      case ip_protocol::kRouting:
        next = in.bytes().u8(at);
        at += (std::size_t{in.bytes().u8(at + 1)} + 1) * 8;
        break;
      case ip_protocol::kFragment:
        if ((in.bytes().be16(at + 2) & 0xfff8) != 0) return {};
        next = in.bytes().u8(at);
        at += 8;
        break;
      case ip_protocol::kAh:
        next = in.bytes().u8(at);
        at += (std::size_t{in.bytes().u8(at + 1)} + 2) * 4;
        break;
      default:
        return {at, next};
    }
  }
  return {};
}

void put_unreachable_port(Printer& p, const Input& in) {
  const UpperLayer upper = find_upper_layer(in);
  if (upper.offset == 0) {
    p.truncate();
    return;
  }
  const std::uint16_t port = in.be16(upper.offset + 2);
  p.out.put(", ");
  p.host6(in.at(kQuotedDestination, 16));
  if (upper.protocol == ip_protocol::kTcp) {
    p.out.put(" tcp port ");
    p.tcp_port(port);
  } else if (upper.protocol == ip_protocol::kUdp) {
    p.out.put(" udp port ");
    p.udp_port(port);
  } else {
    p.out.put(" protocol ").dec(in.u8(kHeaderBytes + 6)).put(" port ").dec(port);
    p.out.put(" unreachable");
  }
}

// False when the line ends here.
bool put_unreachable(Printer& p, const Input& in, std::uint8_t code) {
  p.out.put(", ");
  p.token(kUnreachableCodes, code, "unknown unreach code (", ")");
  switch (code) {
    case 0:
    case 1:
    case 3:
      if (!in.need(kQuotedDestination, 16)) return true;
      p.out.put(' ');
      p.host6(in.at(kQuotedDestination, 16));
      break;
    case 2:
      p.out.put(' ');
      p.host6(in.at(kQuotedDestination, 16));
      p.out.put(", source address ");
      p.host6(in.at(kQuotedSource, 16));
      break;
    case 4:
      put_unreachable_port(p, in);
      break;
    default:
      if (p.options.verbosity <= 1) {
        p.hex_data(in, "\n\t", in.length());
        return false;
      }
  }
  if (p.options.verbosity > 1) p.hex_data(in, "\n\t", in.length());
  return true;
}

void put_time_exceeded(Printer& p, const Input& in, std::uint8_t code) {
  if (code == 0) {
    p.out.put(" for ");
    p.host6(in.at(kQuotedDestination, 16));
  } else if (code == 1) {
    p.out.put(" (reassembly)");
  } else {
    p.out.put(", unknown code (").dec(code).put(')');
  }
}

void put_parameter_problem(Printer& p, const Input& in, std::uint8_t code) {
  static constexpr const char* kCodes[] = {", erroneous - octet ", ", next header - octet ",
                                           ", option - octet ",
                                           ", incomplete header chain - octet "};
  if (code < std::size(kCodes)) {
    const std::uint32_t octet = in.be32(4);
    p.out.put(kCodes[code]).dec(octet);
  } else {
    p.out.put(", code-#").dec(code);
  }
}

void put_router_advertisement(Printer& p, const Input& in) {
  const std::uint8_t flags = in.u8(5);
  if (!in.need(8, 8)) return;
  p.out.put("\n\thop limit ").dec(in.u8(4)).put(", Flags [");
  p.bits(kRouterFlags, flags).put("], pref ");
  p.token(kPreferences, flags & 0x18, "#");
  p.out.put(", router lifetime ").dec(in.be16(6)).put("s, reachable time ");
  p.out.dec(in.be32(8)).put("ms, retrans timer ").dec(in.be32(12)).put("ms");
  print_nd_options(p, in.from(16));
}

void put_neighbor(Printer& p, const Input& in, std::uint8_t type) {
  if (!in.need(8, 16)) return;
  p.out.put(type == kNeighborSolicitation ? ", who has " : ", tgt is ");
  p.host6(in.at(8, 16));
  if (!p.verbose()) return;
  if (type == kNeighborAdvertisement) {
    p.out.put(", Flags [");
    p.bits(kAdvertisementFlags, in.u8(4)).put(']');
  }
  print_nd_options(p, in.from(24));
}

void put_home_agents(Printer& p, const Input& in) {
  p.out.put(", id 0x").hex(in.be16(4), 4);
  for (Input rest = in.from(8); rest.length() >= 16 && !p.truncated(); rest = rest.from(16)) {
    p.out.put(", ");
    p.host6(rest.at(0, 16));
  }
}

void put_prefix_advertisement(Printer& p, const Input& in) {
  p.out.put(", id 0x").hex(in.be16(4), 4);
  const std::uint8_t flags = in.u8(6);
  if ((flags & 0xc0) != 0) p.out.put(' ');
  if ((flags & 0x80) != 0) p.out.put('M');
  if ((flags & 0x40) != 0) p.out.put('O');
  print_nd_options(p, in.from(8));
}

bool has_length_first(std::uint8_t type) noexcept {
  switch (type) {
    case kRouterSolicitation:
    case kRouterAdvertisement:
    case kNeighborSolicitation:
    case kNeighborAdvertisement:
    case kRedirect:
    case kHomeAgentReply:
    case kPrefixAdvertisement:
      return true;
    default:
      return false;
  }
}

// False when the line ends here.
bool put_discovery(Printer& p, const Input& in, std::uint8_t type) {
  switch (type) {
    case kRouterSolicitation:
      if (p.verbose()) print_nd_options(p, in.from(8));
      return true;
    case kRouterAdvertisement:
      if (p.verbose()) put_router_advertisement(p, in);
      return true;
    case kNeighborSolicitation:
    case kNeighborAdvertisement:
      put_neighbor(p, in, type);
      return true;
    case kRedirect:
      if (!in.need(8, 32)) return true;
      p.out.put(", ");
      p.host6(in.at(24, 16)).put(" to ");
      p.host6(in.at(8, 16));
      if (p.verbose()) print_nd_options(p, in.from(40));
      return true;
    case kHomeAgentRequest:
    case kPrefixSolicitation:
      p.out.put(", id 0x").hex(in.be16(4), 4);
      return true;
    case kHomeAgentReply:
      if (p.verbose()) put_home_agents(p, in);
      return true;
    case kPrefixAdvertisement:
      if (p.verbose()) put_prefix_advertisement(p, in);
      return true;
    case kInverseSolicitation:
    case kInverseAdvertisement:
    case 201:
      return true;
    default:
      p.out.put(", length ").dec(in.length());
      if (p.options.verbosity <= 1) p.hex_data(in, "\n\t", in.length());
      return false;
  }
}

bool put_message(Printer& p, const Input& in, std::uint8_t type, std::uint8_t code) {
  switch (type) {
    case kUnreachable:
      return put_unreachable(p, in, code);
    case kTooBig:
      p.out.put(", mtu ").dec(in.be32(4));
      return true;
    case kTimeExceeded:
      put_time_exceeded(p, in, code);
      return true;
    case kParameterProblem:
      put_parameter_problem(p, in, code);
      return true;
    case kEcho:
    case kEchoReply:
      if (in.need(4, 4)) p.out.put(", id ").dec(in.be16(4)).put(", seq ").dec(in.be16(6));
      return true;
    case kQuery:
      if (in.length() == 24) {
        print_mld1(p, in);
      } else if (in.length() >= 28) {
        print_mld2_query(p, in);
      }
      return true;
    case kReport:
    case kDone:
      print_mld1(p, in);
      return true;
    case kReportV2:
      print_mld2_report(p, in);
      return true;
    case kRenumbering:
      print_router_renumbering(p, in, code);
      return true;
    case kNodeQuery:
    case kNodeReply:
      print_node_information(p, in, type == kNodeQuery);
      return true;
    case kRpl:
      print_rpl(p, in, code);
      return true;
    default:
      return put_discovery(p, in, type);
  }
}

void put_checksum(Printer& p, const Input& in) {
  if (p.around.fragmented || !in.has(0, in.length())) return;
  const std::uint16_t error =
      transport_checksum_error(p.around, ip_protocol::kIcmpv6, in.bytes().first(in.length()));
  if (error == 0) {
    p.out.put("[icmp6 sum ok] ");
    return;
  }
  const std::uint16_t field = in.be16(2);
  p.out.put("[bad icmp6 cksum 0x").hex(field, 4).put(" -> 0x");
  p.out.hex(correct_checksum(field, error), 4).put("!] ");
}

}  // namespace

void print_icmp6(Printer& p, Input in) {
  p.set_protocol("icmp6");
  if (!in.need(0, 4)) return;
  const std::uint8_t type = in.u8(0);
  if (p.verbose()) put_checksum(p, in);
  p.out.put("ICMP6, ");
  p.token(kTypes, type, "unknown icmp6 type (", ")");
  if (p.verbose() && has_length_first(type)) p.out.put(", length ").dec(in.length());
  if (!put_message(p, in, type, in.u8(1))) return;
  if (!p.verbose()) p.out.put(", length ").dec(in.length());
}

}  // namespace capstan::text
