// Protocol numbers that more than one decoder needs: Ethernet types, IP protocols, PPP protocols
// and the UDP ports of tunnels. They are defined only here; the code that prints has names for
// people.
#pragma once

#include <cstdint>

namespace capstan {

// https://standards-oui.ieee.org/ethertype/eth.txt
namespace ether_type {
inline constexpr std::uint16_t kMaxLength = 1500;  // values up to this are 802.3 lengths
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint16_t kTrill = 0x22f3;    // RFC 6325
inline constexpr std::uint16_t kErspan3 = 0x22eb;  // in GRE only (draft-foschiano-erspan)
inline constexpr std::uint16_t kEoip = 0x6400;     // in GRE only (MikroTik)
inline constexpr std::uint16_t kEthernet = 0x6558;
inline constexpr std::uint16_t kFrameRelay = 0x6559;
inline constexpr std::uint16_t kRarp = 0x8035;
inline constexpr std::uint16_t kVlan = 0x8100;
inline constexpr std::uint16_t kIpv6 = 0x86dd;
inline constexpr std::uint16_t kFlowControl = 0x8808;
inline constexpr std::uint16_t kSlow = 0x8809;
inline constexpr std::uint16_t kPpp = 0x880b;
inline constexpr std::uint16_t kWccp = 0x883e;  // in GRE only
inline constexpr std::uint16_t kMpls = 0x8847;
inline constexpr std::uint16_t kMplsMulticast = 0x8848;
inline constexpr std::uint16_t kPppoeDiscovery = 0x8863;
inline constexpr std::uint16_t kPppoeSession = 0x8864;
inline constexpr std::uint16_t kEapol = 0x888e;
inline constexpr std::uint16_t kQinQ = 0x88a8;
inline constexpr std::uint16_t kErspan = 0x88be;  // in GRE only
inline constexpr std::uint16_t kLldp = 0x88cc;
inline constexpr std::uint16_t kMacsec = 0x88e5;
inline constexpr std::uint16_t kPbb = 0x88e7;  // 802.1ah service tag
inline constexpr std::uint16_t kPtp = 0x88f7;
inline constexpr std::uint16_t kCfm = 0x8902;
inline constexpr std::uint16_t kFabricPath = 0x8903;
inline constexpr std::uint16_t kCiscoMetadata = 0x8909;
inline constexpr std::uint16_t kVnTag = 0x8926;
inline constexpr std::uint16_t kETag = 0x893f;  // 802.1BR
inline constexpr std::uint16_t kNsh = 0x894f;   // RFC 8300
inline constexpr std::uint16_t kLoopback = 0x9000;
inline constexpr std::uint16_t kVlan9100 = 0x9100;
inline constexpr std::uint16_t kVlan9200 = 0x9200;

// The tags that libpcap's filters know of. 0x9200 is read by the printers alone, as tcpdump does.
constexpr bool is_vlan(std::uint16_t type) noexcept {
  return type == kVlan || type == kQinQ || type == kVlan9100;
}
}  // namespace ether_type

// https://www.iana.org/assignments/protocol-numbers
namespace ip_protocol {
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kIpv4 = 4;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIpv6 = 41;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kGre = 47;
inline constexpr std::uint8_t kEsp = 50;
inline constexpr std::uint8_t kAh = 51;
inline constexpr std::uint8_t kMobile = 55;  // RFC 2004
inline constexpr std::uint8_t kIcmp6 = 58;
inline constexpr std::uint8_t kDestinationOptions = 60;
inline constexpr std::uint8_t kOspf = 89;
inline constexpr std::uint8_t kIpip = 94;
inline constexpr std::uint8_t kEtherip = 97;  // RFC 3378
inline constexpr std::uint8_t kIpcomp = 108;
inline constexpr std::uint8_t kVrrp = 112;
inline constexpr std::uint8_t kL2tp3 = 115;  // RFC 3931
inline constexpr std::uint8_t kSctp = 132;
inline constexpr std::uint8_t kMobility = 135;
inline constexpr std::uint8_t kUdpLite = 136;
inline constexpr std::uint8_t kMplsInIp = 137;  // RFC 4023
inline constexpr std::uint8_t kHip = 139;
inline constexpr std::uint8_t kShim6 = 140;
inline constexpr std::uint8_t kEthernet = 143;  // RFC 8986
}  // namespace ip_protocol

// https://www.iana.org/assignments/ppp-numbers
namespace ppp_protocol {
inline constexpr std::uint16_t kIpv4 = 0x0021;
inline constexpr std::uint16_t kBridged = 0x0031;  // RFC 3518
inline constexpr std::uint16_t kMultilink = 0x003d;
inline constexpr std::uint16_t kIpv6 = 0x0057;
inline constexpr std::uint16_t kMpls = 0x0281;
inline constexpr std::uint16_t kMplsMulticast = 0x0283;
inline constexpr std::uint16_t kPap = 0xc023;   // RFC 1334
inline constexpr std::uint16_t kChap = 0xc223;  // RFC 1994
inline constexpr std::uint16_t kEap = 0xc227;   // RFC 3748
}  // namespace ppp_protocol

// UDP ports whose payload is another packet.
namespace udp_port {
inline constexpr std::uint16_t kL2tp = 1701;        // RFC 2661, RFC 3931
inline constexpr std::uint16_t kGtpUser = 2152;     // 3GPP TS 29.281
inline constexpr std::uint16_t kTeredo = 3544;      // RFC 4380
inline constexpr std::uint16_t kLisp = 4341;        // RFC 9300
inline constexpr std::uint16_t kVxlan = 4789;       // RFC 7348
inline constexpr std::uint16_t kVxlanGpe = 4790;    // draft-ietf-nvo3-vxlan-gpe
inline constexpr std::uint16_t kCapwapData = 5247;  // RFC 5415
inline constexpr std::uint16_t kGue = 6080;         // draft-ietf-intarea-gue
inline constexpr std::uint16_t kGeneve = 6081;      // RFC 8926
inline constexpr std::uint16_t kMpls = 6635;        // RFC 7510
inline constexpr std::uint16_t kVxlanLinux = 8472;  // Linux's default before VXLAN's assignment
inline constexpr std::uint16_t kTzsp = 37008;       // TaZmen Sniffer Protocol
}  // namespace udp_port

}  // namespace capstan
