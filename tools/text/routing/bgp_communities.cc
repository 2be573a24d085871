// BGP extended communities (RFC 4360, and the registry of their types).
#include <bit>

#include "tools/text/fields.h"
#include "tools/text/routing/bgp.h"

namespace capstan::text {

namespace {

constexpr Token kTypes[] = {
    {0x0002, "target"},          {0x0102, "target"},           {0x0202, "target"},
    {0x0003, "origin"},          {0x0103, "origin"},           {0x0203, "origin"},
    {0x0005, "ospf-domain"},     {0x0105, "ospf-domain"},      {0x0205, "ospf-domain"},
    {0x8005, "ospf-domain"},     {0x0107, "ospf-router-id"},   {0x8001, "ospf-router-id"},
    {0x0306, "ospf-route-type"}, {0x8000, "ospf-route-type"},  {0x0009, "source-AS"},
    {0x000a, "l2vpn-id"},        {0x010b, "vrf-route-import"}, {0x030c, "encapsulation"},
    {0x4004, "link-BW"},         {0x800a, "layer2-info"},
};
constexpr Token kFlags[] = {{0x8000, "vendor-specific"}, {0x4000, "non-transitive"}};
constexpr Token kRouters[] = {{1, "Router"},   {2, "Network"},       {3, "Summary"},
                              {5, "External"}, {7, "NSSA External"}, {0x81, "MPLS-VPN Sham"}};
constexpr Token kTunnels[] = {
    {1, "L2TPv3 over IP"},
    {2, "GRE"},
    {3, "Transmit Tunnel"},
    {4, "IPsec"},
    {7, "IP in IP"},
    {5, "IP in IP with IPsec"},
    {6, "MPLS in IP with IPsec"},
    {8, "VXLAN"},
    {9, "NVGRE"},
    {10, "MPLS"},
    {11, "MPLS in GRE"},
    {12, "VXLAN GPE"},
    {13, "MPLS in UDP"},
    {14, "IPv6"},
    {15, "SR TE"},
    {16, "Bare"},
    {17, "SR"},
};
// RFC 4446 section 3.2, and 19 for VPLS.
constexpr Token kCircuits[] = {
    {0, "Reserved"},
    {1, "Frame Relay"},
    {2, "ATM AAL5 SDU VCC transport"},
    {3, "ATM transparent cell transport"},
    {4, "Ethernet (VLAN) Tagged Mode"},
    {5, "Ethernet Raw Mode"},
    {6, "Cisco HDLC"},
    {7, "PPP"},
    {8, "SONET/SDH Circuit Emulation Service over MPLS"},
    {9, "ATM n-to-one VCC cell transport"},
    {10, "ATM n-to-one VPC cell transport"},
    {11, "IP layer 2 transport"},
    {15, "Frame Relay Port mode"},
    {17, "Structure-agnostic E1 over packet"},
    {18, "Structure-agnostic T1 (DS1) over packet"},
    {19, "VPLS"},
    {20, "Structure-agnostic T3 (DS3) over packet"},
    {21, "Nx64kbit/s Basic Service using Structure-aware"},
    {25, "Frame Relay DLCI"},
};

// RFC 4577 section 4.2.6
void put_ospf_route(Printer& p, const Input& in) {
  const std::uint8_t router = in.u8(6);
  p.out.put("area:").ipv4(in.at(2, 4)).put(", router-type:");
  if (const char* name = find_token(kRouters, router)) {
    p.out.put(name);
  } else {
    p.out.put("unknown (0x").hex(router, 2).put(')');
  }
  p.out.put(", metric-type:").put((in.u8(7) & 1U) != 0 ? "E2" : "");
  if (router == 5 || router == 7) p.out.put("E1");
}

void put_value(Printer& p, const Input& in, std::uint16_t type) {
  switch (type) {
    case 0x0002:
    case 0x0003:
    case 0x000a:
      p.out.dec(in.be16(2)).put(':').dec(in.be32(4)).put(" (= ").ipv4(in.at(4, 4)).put(')');
      return;
    case 0x0102:
    case 0x0103:
    case 0x010b:
      p.out.ipv4(in.at(2, 4)).put(':').dec(in.be16(6));
      return;
    case 0x0202:
    case 0x0203:
      p.out.dec(in.be32(2)).put(':').dec(in.be16(6));
      return;
    case 0x0005:
    case 0x0105:
    case 0x0205:
    case 0x8005:
    case 0x0107:
    case 0x8001:
      p.out.ipv4(in.at(2, 4));
      return;
    case 0x0306:
    case 0x8000:
      return put_ospf_route(p, in);
    case 0x0009:
      p.out.put("AS ").dec(in.be16(2));
      return;
    case 0x030c:
      p.out.put("Tunnel type: ");
      put_name(p, kTunnels, in.be16(6), "unknown encaps");
      return;
    case 0x4004:  // bytes a second, an IEEE single
      p.out.put("bandwidth: ");
      p.out.format("{:.3f} Mbps", std::bit_cast<float>(in.be32(4)) * 8 / 1000000);
      return;
    case 0x800a:
      put_name(p, kCircuits, in.u8(2), "unknown encaps");
      p.out.put(" Control Flags [0x").hex(in.u8(3), 2).put("]:MTU ").dec(in.be16(4));
      return;
    default:
      put_hex_run(p, in, 2, 6);
  }
}

}  // namespace

void print_bgp_extended_communities(Printer& p, const Input& in) {
  for (Input one = in; one.length() >= 8 && !p.truncated(); one = one.from(8)) {
    const std::uint16_t type = one.be16(0);
    p.out.put("\n\t    ");
    put_name(p, kTypes, type, "unknown extd community typecode").put(" (0x").hex(type, 4);
    p.out.put("), Flags [");
    p.bits(kFlags, type).put("]: ");
    put_value(p, one, type);
  }
}

}  // namespace capstan::text
