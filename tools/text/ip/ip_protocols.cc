// What is carried directly over IP: the printer of each protocol number.
#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

using namespace ip_protocol;

constexpr Token kNames[] = {
    {kHopByHop, "Options"},
    {kIcmp, "ICMP"},
    {kIgmp, "IGMP"},
    {kIpv4, "IPIP"},
    {kTcp, "TCP"},
    {kEgp, "EGP"},
    {kIgrp, "IGRP"},
    {kUdp, "UDP"},
    {kDccp, "DCCP"},
    {kIpv6, "IPv6"},
    {kRouting, "Routing"},
    {kFragment, "Fragment"},
    {kRsvp, "RSVP"},
    {kGre, "GRE"},
    {kEsp, "ESP"},
    {kAh, "AH"},
    {kMobile, "Mobile IP"},
    {kIcmpv6, "ICMPv6"},
    {kEigrp, "EIGRP"},
    {kOspf, "OSPF"},
    {kMobilityOld, "Mobile IP (old)"},
    {kPim, "PIM"},
    {kVrrp, "VRRP"},
    {kIpcomp, "Compressed IP"},
    {kPgm, "PGM"},
    {kSctp, "SCTP"},
    {kMobility, "Mobility"},
    {kEthernet, "Ethernet"},
};

void put_requires(Printer& p, std::uint8_t protocol, unsigned version) {
  p.out.put('[').put(ip_protocol_name(protocol)).put(" requires IPv").dec(version).put(']');
  p.put_invalid();
}

void put_unknown(Printer& p, std::uint8_t protocol, const Input& in) {
  p.out.put(" ip-proto-").dec(protocol).put(' ').dec(in.length());
}

}  // namespace

const char* ip_protocol_name(std::uint8_t protocol) noexcept {
  const char* name = find_token(kNames, protocol);
  return name != nullptr ? name : "unknown";
}

void put_hosts(Printer& p) {
  p.host(p.around.source).put(" > ");
  p.host(p.around.destination).put(": ");
}

std::uint16_t transport_checksum_error(const Surroundings& around, std::uint8_t protocol,
                                       ByteReader bytes) noexcept {
  const PseudoHeader pseudo{
      around.source,
      around.final_destination != nullptr ? around.final_destination : around.destination,
      around.ip_version == 6 ? std::size_t{16} : std::size_t{4}, protocol,
      static_cast<std::uint32_t>(bytes.size())};
  return checksum_error(pseudo, bytes);
}

void print_ip_payload(Printer& p, std::uint8_t protocol, Input in) {
  const bool v4 = p.around.ip_version == 4;
  if (!p.enter()) return;
  switch (protocol) {
    case kTcp:
      print_tcp(p, in);
      break;
    case kUdp:
      print_udp(p, in);
      break;
    case kIcmp:
      if (v4) {
        print_icmp(p, in);
      } else {
        put_requires(p, protocol, 4);
      }
      break;
    case kIcmpv6:
      if (!v4) {
        print_icmp6(p, in);
      } else {
        put_requires(p, protocol, 6);
      }
      break;
    case kIgmp:
      if (v4) {
        print_igmp(p, in);
      } else {
        put_requires(p, protocol, 4);
      }
      break;
    case kGre:
      print_gre(p, in);
      break;
    case kAh:
      print_ah(p, in);
      break;
    case kEsp:
      print_esp(p, in);
      break;
    case kIpcomp:
      print_ipcomp(p, in);
      break;
    case kOspf:
      print_ospf(p, in);
      break;
    case kPim:
      print_pim(p, in);
      break;
    case kVrrp:
      print_vrrp(p, in);
      break;
    case kSctp:
      print_sctp(p, in);
      break;
    case kDccp:
      print_dccp(p, in);
      break;
    case kNd:
      p.out.put(" nd ").dec(in.length());
      break;
    case kNoNext:
      p.out.put("no next header");
      break;
    case kIpv4:
      print_ipv4(p, in);
      break;
    case kIpv6:
      print_ipv6(p, in);
      break;
    case kEthernet:
      if (v4) {
        put_requires(p, protocol, 6);
      } else {
        print_ethernet(p, in, p.options.link_header);
      }
      break;
    default:
      put_unknown(p, protocol, in);
      break;
  }
  p.leave();
}

}  // namespace capstan::text
