// read_transport: one TCP packet inside every link type and tunnel that is followed, written to the
// specification of each; and what is not followed, by name.
#include "engine/flow/transport.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/flow/checksum.h"

namespace capstan {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets hex(std::string_view text) {
  Octets out;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() == 2) {
      out.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return out;
}
Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Octets be16(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

// IPv4 around `payload`, its checksum right.
Octets ipv4(std::uint8_t protocol, const Octets& payload, std::string_view ends) {
  Octets head = hex("4500") + be16(20 + payload.size()) + hex("1234 4000 40") + Octets{protocol} +
                hex("0000") + hex(ends);
  const std::uint16_t sum =
      correct_checksum(0, checksum_error(ByteReader(head.data(), head.size())));
  head[10] = static_cast<std::uint8_t>(sum >> 8);
  head[11] = static_cast<std::uint8_t>(sum);
  return head + payload;
}
Octets ipv6(std::uint8_t next, const Octets& payload) {
  return hex("60000000") + be16(payload.size()) + Octets{next} +
         hex("40 20010db8000000000000000000000010 20010db8000000000000000000000020") + payload;
}
constexpr std::string_view kInnerEnds = "c000020a c6336414";  // 192.0.2.10, 198.51.100.20
constexpr std::string_view kOuterEnds = "0a000001 0a000002";

Octets tcp() {
  Octets segment = hex("9c41 006e 00000001 00000001 5018 ffff 0000 0000") +
                   hex("55534552 20626f62 0d0a");  // USER bob
  const Octets ends = hex(kInnerEnds);
  const PseudoHeader pseudo{ends.data(), ends.data() + 4, 4, 6,
                            static_cast<std::uint32_t>(segment.size())};
  const std::uint16_t sum =
      correct_checksum(0, checksum_error(pseudo, ByteReader(segment.data(), segment.size())));
  segment[16] = static_cast<std::uint8_t>(sum >> 8);
  segment[17] = static_cast<std::uint8_t>(sum);
  return segment;
}
Octets inner() { return ipv4(6, tcp(), kInnerEnds); }
Octets macs() { return hex("020000000001 020000000002"); }
Octets ethernet(std::string_view type, const Octets& payload) {
  return macs() + hex(type) + payload;
}
Octets inner_frame() { return ethernet("0800", inner()); }
Octets outer(std::uint8_t protocol, const Octets& payload) {
  return ethernet("0800", ipv4(protocol, payload, kOuterEnds));
}
Octets gre(std::string_view head, const Octets& payload) { return outer(47, hex(head) + payload); }
Octets udp(std::size_t to, const Octets& payload) {
  return outer(17, be16(50000) + be16(to) + be16(8 + payload.size()) + hex("0000") + payload);
}
const Octets kSnap = hex("aaaa03 000000 0800");

struct Case {
  const char* name;
  std::uint16_t link_type;
  Octets packet;
};

std::optional<TransportPacket> read(const Case& one, Unseen& unseen) {
  PacketView view;
  view.data = one.packet.data();
  view.caplen = view.wirelen = static_cast<std::uint32_t>(one.packet.size());
  view.link_type = one.link_type;
  return read_transport(view, unseen);
}

// Ethernet behind tags until there are `count` of them.
Octets tagged(int count) {
  Octets tags;
  for (int i = 0; i < count; ++i) tags = tags + hex("8100 0007");
  return macs() + tags + hex("0800") + inner();
}
Octets nested_ip(int depth) {
  Octets packet = inner();
  for (int i = 0; i < depth; ++i) packet = ipv4(4, packet, kOuterEnds);
  return ethernet("0800", packet);
}
Octets labels(int count) {
  Octets out;
  for (int i = 1; i < count; ++i) out = out + hex("00064040");
  return out + hex("00064140");
}

std::vector<Case> followed() {
  using namespace link_type;
  const Octets padding(6, 0);
  return {
      // Link types
      {"ethernet", kEthernet, inner_frame()},
      {"ethernet with a trailer", kEthernet, inner_frame() + hex("55534552206576650d0a")},
      {"raw", kRaw, inner()},
      {"raw of OpenBSD", kRawBsd, inner()},
      {"null, little-endian", kNull, hex("02000000") + inner()},
      {"null, big-endian", kNull, hex("00000002") + inner()},
      {"loop", kLoop, hex("00000002") + inner()},
      {"enc", kEnc, hex("02000000 00001234 00000000") + inner()},
      {"cooked", kLinuxSll, hex("0000 0001 0006 0200000000010000 0800") + inner()},
      {"cooked, 802.2", kLinuxSll, hex("0000 0001 0006 0200000000010000 0004") + kSnap + inner()},
      {"cooked 2, a tag", kLinuxSll2,
       hex("8100 0000 00000001 0001 00 06 0200000000010000") + hex("0007 0800") + inner()},
      {"ppp", kPpp, hex("ff03 0021") + inner()},
      {"ppp, fields compressed", kPpp, hex("21") + inner()},
      {"ppp in hdlc", kPppHdlc, hex("ff03 0021") + inner()},
      {"pppd", kPppPppd, hex("0003 0021") + inner()},
      {"pppd, direction in front", kPppPppd, hex("01 ff03 0021") + inner()},
      {"ppp with direction", kPppWithDirection, hex("01 ff03 0021") + inner()},
      {"ppp, multilink, whole", kPpp, hex("ff03 003d c0000001 0021") + inner()},
      {"pppoe as a link type", kPppEther,
       hex("1100 0001") + be16(inner().size() + 2) + hex("0021") + inner()},
      {"cisco hdlc", kCiscoHdlc, hex("0f00 0800") + inner()},
      {"cisco hdlc with direction", kCiscoHdlcWithDirection, hex("01 0f00 0800") + inner()},
      {"frame relay", kFrameRelay, hex("1841 03 cc") + inner()},
      {"frame relay, snap", kFrameRelay, hex("1841 03 00 80 000000 0800") + inner()},
      {"frame relay, cisco", kFrameRelay, hex("1841 0800") + inner()},
      {"frame relay, four bytes of address", kFrameRelay, hex("18404041 03 cc") + inner()},
      {"frame relay with direction", kFrameRelayWithDirection, hex("00 1841 03 cc") + inner()},
      {"802.11 data", kWifi,
       hex("0801 0000") + macs() + hex("020000000003 0000") + kSnap + inner()},
      {"802.11 quality of service", kWifi,
       hex("8801 0000") + macs() + hex("020000000003 0000 0000") + kSnap + inner()},
      {"802.11 between systems", kWifi,
       hex("0803 0000") + macs() + hex("020000000003 0000 020000000004") + kSnap + inner()},
      {"radiotap", kRadiotap,
       hex("00000900 02000000 00") + hex("0801 0000") + macs() + hex("020000000003 0000") + kSnap +
           inner()},
      {"radiotap, padded and with a check", kRadiotap,
       hex("00000900 02000000 30") + hex("8801 0000") + macs() +
           hex("020000000003 0000 0000 0000") + kSnap + inner() + hex("01020304")},
      {"prism", kWifiPrism,
       hex("00000044 00000090") + Octets(136, 0) + hex("0801 0000") + macs() +
           hex("020000000003 0000") + kSnap + inner()},
      {"avs", kWifiAvs,
       hex("80211001 00000040") + Octets(56, 0) + hex("0801 0000") + macs() +
           hex("020000000003 0000") + kSnap + inner()},
      {"ppi around ethernet", kPpi, hex("0000 0800 01000000") + inner_frame()},
      {"pktap", kPktap, hex("0c000000 01000000 01000000") + inner_frame()},
      {"token ring", kTokenRing, hex("1040") + macs() + kSnap + inner()},
      {"token ring with a route", kTokenRing,
       hex("1040 020000000001 820000000002 0630 0011 0020") + kSnap + inner()},
      {"fddi", kFddi, hex("50") + macs() + kSnap + inner()},
      {"ip over fibre channel", kIpOverFc, Octets(16, 0) + kSnap + inner()},
      {"atm", kAtmRfc1483, kSnap + inner()},
      {"classical ip over atm", kAtmClip, kSnap + inner()},
      {"sunatm", kSunAtm, hex("82000064") + kSnap + inner()},
      {"arcnet", kArcnetLinux, hex("0102 0000 d4 00 0001") + inner()},
      {"firewire", kAppleFirewire, Octets(16, 1) + hex("0800") + inner()},
      {"ipnet", kIpnet, hex("0102 0000") + Octets(20, 0) + inner()},
      {"infiniband", kIpoib, Octets(40, 0) + hex("0800 0000") + inner()},
      {"netanalyzer", kNetanalyzer, Octets(4, 0) + inner_frame()},
      {"netanalyzer transparent", kNetanalyzerTransparent,
       Octets(4, 0) + hex("55555555555555d5") + inner_frame()},
      {"epon", kEpon, Octets(8, 0) + inner_frame()},
      {"slip", kSlip, Octets(16, 0) + inner()},
      {"nflog", kNflog,
       hex("02000000 0800 0100 08000300 0500 0a00 78000000") +
           Octets{static_cast<std::uint8_t>(inner().size() + 4), 0} + hex("0900") + inner()},
      {"pflog", kPflog, hex("3d02 0000") + Octets(60, 0) + inner()},
      {"broadcom switch", kDsaBroadcom, macs() + hex("00000001 0800") + inner()},
      {"broadcom switch, in front", kDsaBroadcomPrepended, hex("00000001") + inner_frame()},
      {"marvell switch", kDsaMarvell, macs() + hex("c0000000 0800") + inner()},
      {"marvell switch, long", kEdsaMarvell, macs() + hex("dada 0000 c0000000 0800") + inner()},
      // In front of IP
      {"802.3 with snap", kEthernet,
       macs() + be16(kSnap.size() + inner().size()) + kSnap + inner()},
      {"802.2 of ip", kEthernet, macs() + be16(3 + inner().size()) + hex("060603") + inner()},
      {"a tag", kEthernet, tagged(1)},
      {"thirty tags", kEthernet, tagged(30)},
      {"tag 9200", kEthernet, ethernet("9200", hex("0007 0800") + inner())},
      {"pppoe", kEthernet,
       ethernet("8864", hex("1100 0001") + be16(inner().size() + 2) + hex("0021") + inner())},
      {"pppoe, mpls", kEthernet,
       ethernet("8864",
                hex("1100 0001") + be16(inner().size() + 6) + hex("0281 00064140") + inner())},
      {"mpls", kEthernet, ethernet("8847", labels(1) + inner())},
      {"forty labels", kEthernet, ethernet("8847", labels(40) + inner())},
      {"pseudowire with a control word", kEthernet,
       ethernet("8847", labels(2) + hex("00000000") + inner_frame())},
      {"pseudowire without one", kEthernet, ethernet("8847", labels(2) + inner_frame())},
      {"802.1ah", kEthernet, ethernet("88e7", hex("00000001") + inner_frame())},
      {"vn-tag", kEthernet, ethernet("8926", hex("00010002 0800") + inner())},
      {"e-tag", kEthernet, ethernet("893f", hex("000100020003 0800") + inner())},
      {"security group tag", kEthernet, ethernet("8909", hex("0101 0001 0007 0800") + inner())},
      {"nsh", kEthernet, ethernet("894f", hex("0fc2 0201 00000001") + inner())},
      {"nsh, ethernet", kEthernet,
       ethernet("894f", hex("0fc6 0103 00000001") + Octets(16, 0) + inner_frame())},
      {"macsec without encryption", kEthernet,
       ethernet("88e5", hex("2000 00000001 0200000000010001 0800") + inner() + Octets(16, 0xee))},
      {"trill", kEthernet, ethernet("22f3", hex("0001 0001 0002") + inner_frame())},
      {"trill with options", kEthernet,
       ethernet("22f3", hex("0041 0001 0002 00000000") + inner_frame())},
      {"fabricpath", kEthernet, ethernet("8903", hex("0001") + inner_frame())},
      // In IP
      {"forty deep", kEthernet, nested_ip(40)},
      {"ipv6 around", kEthernet, ethernet("86dd", ipv6(4, inner()))},
      {"hop by hop, options", kEthernet,
       ethernet("86dd", ipv6(0, hex("3c00 0104 00000000 0400 0104 00000000") + inner()))},
      {"minimal encapsulation", kEthernet,
       ethernet("0800", ipv4(55, hex("0680 0000 c6336414 c000020a") + tcp(), kOuterEnds))},
      {"ah", kEthernet, outer(51, hex("0404 0000 00000001 00000001") + Octets(12, 0) + inner())},
      {"esp without encryption", kEthernet,
       outer(50, hex("00000001 00000001") + inner() + hex("0102 02 04") + Octets(12, 0xee))},
      {"esp, transport mode", kEthernet,
       ethernet("0800", ipv4(50, hex("00000001 00000001") + tcp() + hex("00 06") + Octets(16, 0xee),
                             kInnerEnds))},
      {"etherip", kEthernet, outer(97, hex("3000") + inner_frame())},
      {"ethernet in ip", kEthernet, outer(143, inner_frame())},
      {"mpls in ip", kEthernet, outer(137, labels(1) + inner())},
      {"l2tpv3, no cookie", kEthernet, outer(115, hex("00000001") + inner_frame())},
      {"l2tpv3, cookie and sublayer", kEthernet,
       outer(115, hex("00000001 1122334455667788 40000001") + inner_frame())},
      // GRE
      {"gre", kEthernet, gre("0000 0800", inner())},
      {"gre, everything", kEthernet, gre("b000 0800 00000000 00000001 00000002", inner())},
      {"gre, routes", kEthernet, gre("4000 0800 0000 0000 0800 0404 0a000001 0000 0000", inner())},
      {"gretap", kEthernet, gre("0000 6558", inner_frame())},
      {"nvgre", kEthernet, gre("2000 6558 00000701", inner_frame())},
      {"erspan I", kEthernet, gre("0000 88be", inner_frame())},
      {"erspan II", kEthernet, gre("1000 88be 00000001 1001 0001 00000000", inner_frame())},
      {"erspan III", kEthernet,
       gre("1000 22eb 00000001 2001 0001 00000000 0000 0000", inner_frame())},
      {"erspan III, platform", kEthernet,
       gre("1000 22eb 00000001 2001 0001 00000000 0000 0001 0000000000000000", inner_frame())},
      {"gre, mpls", kEthernet, gre("0000 8847", labels(1) + inner())},
      {"pptp", kEthernet, gre("3081 880b 0030 0001 00000001 00000001", hex("ff03 0021") + inner())},
      {"wccp", kEthernet, gre("0000 883e", hex("00000000") + inner())},
      {"eoip", kEthernet,
       gre("2001 6400", be16(inner_frame().size()) + hex("0700") + inner_frame())},
      {"gre, nsh", kEthernet, gre("0000 894f", hex("0fc2 0203 00000001") + inner_frame())},
      // UDP
      {"vxlan", kEthernet, udp(4789, hex("08000000 00000700") + inner_frame())},
      {"vxlan, a tag inside", kEthernet, udp(4789, hex("08000000 00000700") + tagged(1))},
      {"vxlan, group policy", kEthernet, udp(4789, hex("88000012 00000700") + inner_frame())},
      {"vxlan of Linux", kEthernet, udp(8472, hex("08000000 00000700") + inner_frame())},
      {"vxlan on another port", kEthernet, udp(14789, hex("08000000 00000700") + inner_frame())},
      {"vxlan-gpe", kEthernet, udp(4790, hex("0c000001 00000700") + inner())},
      {"vxlan-gpe, ethernet", kEthernet, udp(4790, hex("0c000003 00000700") + inner_frame())},
      {"vxlan-gpe, nsh", kEthernet,
       udp(4790, hex("0c000004 00000700 0fc2 0201 00000001") + inner())},
      {"geneve", kEthernet, udp(6081, hex("0000 6558 00000700") + inner_frame())},
      {"geneve, options, ip", kEthernet,
       udp(6081, hex("0200 0800 00000700 0102 0301 00000000") + inner())},
      {"gtp-u", kEthernet, udp(2152, hex("30ff 0000 00000001") + inner())},
      {"gtp-u with extensions", kEthernet,
       udp(2152, hex("34ff 0000 00000001 0000 00 85 01100100") + inner())},
      {"gtp-u, ethernet", kEthernet, udp(2152, hex("30ff 0000 00000001") + inner_frame())},
      {"teredo", kEthernet, udp(3544, ipv6(4, inner()))},
      {"teredo, authentication and origin", kEthernet,
       udp(3544, hex("0001 0000 0000000000000000 00 0000 1234 0a0b0c0d") + ipv6(4, inner()))},
      {"l2tp", kEthernet, udp(1701, hex("0002 0001 0001 ff03 0021") + inner())},
      {"l2tp, length, sequence, offset", kEthernet,
       udp(1701, hex("4a02") + be16(18 + inner().size()) +
                     hex("0001 0001 0001 0000 0002 0000 0021") + inner())},
      {"l2tpv3 over udp", kEthernet, udp(1701, hex("0003 0000 00000001") + inner_frame())},
      {"capwap", kEthernet, udp(5247, hex("00100000 00000000") + inner_frame())},
      {"capwap, 802.11", kEthernet,
       udp(5247, hex("00100300 00000000") + hex("0801 0000") + macs() + hex("020000000003 0000") +
                     kSnap + inner())},
      {"tzsp", kEthernet, udp(37008, hex("01 00 0001 0a01c8 00 01") + inner_frame())},
      {"lisp", kEthernet, udp(4341, hex("80000000 00000001") + inner())},
      {"mpls over udp", kEthernet, udp(6635, labels(1) + inner())},
      {"gue", kEthernet, udp(6080, hex("0104 0000 00000000") + inner())},
      {"gue without a header", kEthernet, udp(6080, inner())},
      {"ip in udp", kEthernet, udp(5555, inner())},
      {"one in the other", kEthernet,
       udp(6081, hex("0000 6558 00000700") +
                     udp(4789, hex("08000000 00000700") + gre("0000 0800", inner())))},
      {"padding of ethernet", kEthernet, inner_frame() + padding},
  };
}

TEST(Transport, FollowsEveryLinkTypeAndTunnelToTheSamePacket) {
  for (const Case& one : followed()) {
    SCOPED_TRACE(one.name);
    Unseen unseen;
    const auto packet = read(one, unseen);
    if (!packet) {
      ADD_FAILURE() << (unseen ? unseen.name() : "no session");
      continue;
    }
    EXPECT_FALSE(unseen) << unseen.name();
    EXPECT_EQ(packet->protocol, kProtocolTcp);
    EXPECT_EQ(packet->source_port, 40001);
    EXPECT_EQ(packet->destination_port, 110);
    const Octets ends = hex(kInnerEnds);
    EXPECT_TRUE(std::equal(ends.begin(), ends.begin() + 4, packet->source.begin()));
    EXPECT_TRUE(std::equal(ends.begin() + 4, ends.end(), packet->destination.begin()));
    EXPECT_EQ(std::string(packet->payload.begin(), packet->payload.end()), "USER bob\r\n");
    EXPECT_EQ(packet->payload_wire_bytes, 10U);
    // Cut anywhere, it is the same packet, cut, or none: never something else.
    for (std::size_t size = 0; size < one.packet.size(); ++size) {
      Case cut{one.name, one.link_type,
               Octets(one.packet.begin(), one.packet.begin() + static_cast<std::ptrdiff_t>(size))};
      Unseen why;
      const auto part = read(cut, why);
      if (part && part->protocol == kProtocolTcp) {
        ASSERT_LE(part->payload.size(), 10U);
        ASSERT_GE(part->payload_wire_bytes, part->payload.size());
      }
    }
  }
}

TEST(Transport, NamesWhatItDoesNotFollow) {
  using namespace link_type;
  const std::vector<std::pair<Case, const char*>> cases = {
      {{"", 147, inner()}, "link type"},
      {{"", 227, inner()}, "link type"},
      {{"", kEthernet, ethernet("1234", inner())}, "ethertype 0x1234"},
      {{"", kEthernet, gre("0000 1234", inner())}, "GRE protocol 0x1234"},
      {{"", kPpp, hex("ff03 002b") + inner()}, "PPP protocol 0x002b"},
      {{"", kPpp, hex("ff03 00fd") + inner()}, "compressed payload"},
      {{"", kPpp, hex("ff03 003d 80000001 0021") + inner()}, "fragment of multilink PPP"},
      {{"", kEthernet, ethernet("88e5", hex("2c00 00000001 0200000000010001") + inner())},
       "frame encrypted by MACsec"},
      {{"", kWifi, hex("0841 0000") + macs() + hex("020000000003 0000") + inner()},
       "frame encrypted by 802.11"},
      {{"", kEthernet, outer(108, inner())}, "compressed payload"},
      {{"", kEthernet, outer(115, hex("00000001 01020304 05060708"))}, "L2TPv3 payload"},
      {{"", kEthernet, nested_ip(150)}, "packet with more headers"},
      {{"", kEthernet, ethernet("0800", hex("4500 0014"))}, "damaged packet"},
  };
  for (const auto& [one, name] : cases) {
    SCOPED_TRACE(name);
    Unseen unseen;
    EXPECT_FALSE(read(one, unseen));
    ASSERT_TRUE(unseen);
    EXPECT_EQ(unseen.name().substr(0, std::string_view(name).size()), name);
  }
}

TEST(Transport, SaysNothingOfWhatCarriesNoSession) {
  for (const char* type : {"0806", "88cc", "8809", "8863", "9000", "0026"}) {
    SCOPED_TRACE(type);
    Unseen unseen;
    EXPECT_FALSE(
        read({"", link_type::kEthernet, ethernet(type, hex("424203") + Octets(40, 0))}, unseen));
    EXPECT_FALSE(unseen) << unseen.name();
  }
}

TEST(Transport, GivesThePasswordsOfLinksWithTheAddressesOfTheirLink) {
  const Octets pap = hex("c023 01010010 03626f62 08") + hex("544f505345435245");
  Unseen unseen;
  const Case pppoe{"", link_type::kEthernet,
                   ethernet("8864", hex("1100 0001") + be16(pap.size()) + pap + Octets(20, 0))};
  const auto over_ethernet = read(pppoe, unseen);
  ASSERT_TRUE(over_ethernet);
  EXPECT_EQ(over_ethernet->carrier, Carrier::kPpp);
  EXPECT_EQ(over_ethernet->ip_version, 0);
  EXPECT_EQ(over_ethernet->source[5], 2);
  EXPECT_EQ(over_ethernet->destination[5], 1);
  EXPECT_EQ(Octets(over_ethernet->payload.begin(), over_ethernet->payload.end()), pap);
  const Case l2tp{"", link_type::kEthernet, udp(1701, hex("0002 0001 0001 ff03") + pap)};
  const auto over_l2tp = read(l2tp, unseen);
  ASSERT_TRUE(over_l2tp);
  EXPECT_EQ(over_l2tp->carrier, Carrier::kPpp);
  EXPECT_EQ(over_l2tp->ip_version, 4);
  EXPECT_EQ(over_l2tp->source[0], 10);
  const Octets eapol = ethernet("888e", hex("0100 0005 0101 0005 01"));
  PacketView view;
  view.data = eapol.data();
  view.caplen = view.wirelen = static_cast<std::uint32_t>(eapol.size());
  EXPECT_FALSE(read_transport(view)) << "only those who ask for it get what is not IP";
  EXPECT_EQ(read_transport(view, unseen)->carrier, Carrier::kEapol);
}

TEST(Transport, GoesOnBehindAReassembledDatagram) {
  TransportPacket packet;
  packet.ip_version = 6;
  packet.protocol = ip_protocol::kDestinationOptions;
  Unseen unseen;
  const Octets behind_options = hex("0600 0104 00000000") + tcp();
  ASSERT_TRUE(read_reassembled(behind_options, packet, unseen));
  EXPECT_EQ(packet.destination_port, 110);
  packet = {};
  packet.ip_version = 4;
  packet.protocol = ip_protocol::kUdp;
  const Octets vxlan = be16(50000) + be16(4789) + be16(16 + inner_frame().size()) + hex("0000") +
                       hex("08000000 00000700") + inner_frame();
  ASSERT_TRUE(read_reassembled(vxlan, packet, unseen));
  EXPECT_EQ(packet.destination_port, 110);
  EXPECT_EQ(packet.source[0], 192);
}

TEST(Transport, PairsIcmpAndReadsSctp) {
  Unseen unseen;
  const auto echo = read({"", link_type::kEthernet, outer(1, hex("0800 0000 0001 0001"))}, unseen);
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->source_port, 8);
  EXPECT_EQ(echo->destination_port, 0);
  const auto unreachable = read({"", link_type::kEthernet, outer(1, hex("0303 0000"))}, unseen);
  EXPECT_EQ(unreachable->source_port, 3);
  EXPECT_EQ(unreachable->destination_port, 3);
  const auto sctp = read({"", link_type::kEthernet,
                          outer(132, hex("0001 0f1c 00000001 00000000 0003 0014 00000001 0001 0001"
                                         "00000000 01020304"))},
                         unseen);
  EXPECT_EQ(sctp->destination_port, 3868);
  EXPECT_EQ(sctp->payload.size(), 4U);
}

// The usual packet has a way of its own through the walk; the same bytes behind four others
// (LINKTYPE_DSA_TAG_BRCM_PREPENDED) go through the layers. Both must come to the same, whatever is
// wrong with the packet.
TEST(Transport, TheShortWayComesToWhatTheLayersDo) {
  const Octets mac = hex("020000000001 020000000002");
  const Octets udp = hex("9c41 0035 000c 0000 61626364");
  const Octets vxlan = hex("9c41 12b5 0000 0000 0800 0000 0000 0100") + mac + hex("0800") +
                       ipv4(6, tcp(), kInnerEnds);
  std::vector<Octets> packets;
  for (const Octets& inner :
       {mac + hex("0800") + ipv4(6, tcp(), kInnerEnds),
        mac + hex("8100 000c 0800") + ipv4(6, tcp(), kInnerEnds),
        mac + hex("0800") + ipv4(17, udp, kInnerEnds),
        mac + hex("0800") + ipv4(17, vxlan, kInnerEnds), mac + hex("86dd") + ipv6(6, tcp()),
        mac + hex("8100 000c 86dd") + ipv6(17, udp)}) {
    packets.push_back(inner);
    packets.push_back(inner + Octets(6, 0));  // padded
    for (std::size_t size = 0; size < inner.size(); ++size) {
      packets.emplace_back(inner.begin(), inner.begin() + static_cast<std::ptrdiff_t>(size));
    }
    for (std::size_t at = 12; at < inner.size(); ++at) {
      for (const std::uint8_t value : hex("00 01 06 11 45 60 81 ff")) {
        packets.push_back(inner);
        packets.back()[at] = value;
      }
    }
  }
  std::size_t found = 0;
  for (const Octets& bytes : packets) {
    const Octets prefixed = Octets(4, 0) + bytes;
    PacketView plain;
    plain.data = bytes.data();
    plain.caplen = plain.wirelen = static_cast<std::uint32_t>(bytes.size());
    plain.link_type = link_type::kEthernet;
    PacketView behind = plain;
    behind.data = prefixed.data();
    behind.caplen = behind.wirelen = plain.caplen + 4;
    behind.link_type = link_type::kDsaBroadcomPrepended;
    Unseen here;
    Unseen there;
    const auto a = read_transport(plain, here);
    const auto b = read_transport(behind, there);
    ASSERT_EQ(a.has_value(), b.has_value());
    ASSERT_EQ(here ? here.name() : "", there ? there.name() : "");
    if (!a) continue;
    ++found;
    ASSERT_EQ(a->source, b->source);
    ASSERT_EQ(a->destination, b->destination);
    ASSERT_EQ(a->source_port, b->source_port);
    ASSERT_EQ(a->destination_port, b->destination_port);
    ASSERT_EQ(a->protocol, b->protocol);
    ASSERT_EQ(a->ip_version, b->ip_version);
    ASSERT_EQ(a->vlans, b->vlans);
    ASSERT_EQ(a->tcp_flags, b->tcp_flags);
    ASSERT_EQ(a->sequence, b->sequence);
    ASSERT_EQ(a->acknowledgement, b->acknowledgement);
    ASSERT_EQ(Octets(a->payload.begin(), a->payload.end()),
              Octets(b->payload.begin(), b->payload.end()));
    ASSERT_EQ(a->payload_wire_bytes, b->payload_wire_bytes);
    ASSERT_EQ(a->header_bytes, b->header_bytes);
    ASSERT_EQ(a->is_fragment, b->is_fragment);
    ASSERT_EQ(a->ip_payload.size(), b->ip_payload.size());
    ASSERT_EQ(a->ip_offset + 4, b->ip_offset);
    ASSERT_EQ(a->transport_offset + (a->payload.empty() ? 0U : 4U), b->transport_offset);
  }
  EXPECT_GT(found, packets.size() / 2);
}

}  // namespace
}  // namespace capstan
