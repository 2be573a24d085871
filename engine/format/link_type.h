// Link types: their numbers, their names, and libpcap's numbers for them. Defined only here.
//
// Files contain LINKTYPE_ numbers (https://www.tcpdump.org/linktypes.html); libpcap's functions
// take DLT_ numbers, a few of which differ between systems. All code inside Capstan uses LINKTYPE_
// numbers.
#pragma once

#include <cstdint>
#include <string>

namespace capstan {

namespace link_type {
inline constexpr std::uint16_t kNull = 0;
inline constexpr std::uint16_t kEthernet = 1;
inline constexpr std::uint16_t kTokenRing = 6;
inline constexpr std::uint16_t kSlip = 8;
inline constexpr std::uint16_t kPpp = 9;
inline constexpr std::uint16_t kFddi = 10;
inline constexpr std::uint16_t kRawBsd = 14;  // DLT_RAW of OpenBSD, found in some files
inline constexpr std::uint16_t kPppHdlc = 50;
inline constexpr std::uint16_t kPppEther = 51;
inline constexpr std::uint16_t kAtmRfc1483 = 100;
inline constexpr std::uint16_t kRaw = 101;
inline constexpr std::uint16_t kSlipBsdos = 102;
inline constexpr std::uint16_t kPppBsdos = 103;
inline constexpr std::uint16_t kCiscoHdlc = 104;
inline constexpr std::uint16_t kWifi = 105;
inline constexpr std::uint16_t kAtmClip = 106;
inline constexpr std::uint16_t kFrameRelay = 107;
inline constexpr std::uint16_t kLoop = 108;
inline constexpr std::uint16_t kEnc = 109;
inline constexpr std::uint16_t kCiscoHdlcBsd = 112;
inline constexpr std::uint16_t kLinuxSll = 113;
inline constexpr std::uint16_t kPflog = 117;
inline constexpr std::uint16_t kWifiPrism = 119;
inline constexpr std::uint16_t kIpOverFc = 122;
inline constexpr std::uint16_t kSunAtm = 123;
inline constexpr std::uint16_t kRadiotap = 127;
inline constexpr std::uint16_t kArcnetLinux = 129;
inline constexpr std::uint16_t kAppleFirewire = 138;
inline constexpr std::uint16_t kWifiAvs = 163;
inline constexpr std::uint16_t kPppPppd = 166;
inline constexpr std::uint16_t kPpi = 192;
inline constexpr std::uint16_t kPppWithDirection = 204;
inline constexpr std::uint16_t kCiscoHdlcWithDirection = 205;
inline constexpr std::uint16_t kFrameRelayWithDirection = 206;
inline constexpr std::uint16_t kIpnet = 226;
inline constexpr std::uint16_t kIpv4 = 228;
inline constexpr std::uint16_t kIpv6 = 229;
inline constexpr std::uint16_t kNflog = 239;
inline constexpr std::uint16_t kNetanalyzer = 240;
inline constexpr std::uint16_t kNetanalyzerTransparent = 241;
inline constexpr std::uint16_t kIpoib = 242;
inline constexpr std::uint16_t kPktap = 258;
inline constexpr std::uint16_t kEpon = 259;
inline constexpr std::uint16_t kLinuxSll2 = 276;
inline constexpr std::uint16_t kDsaBroadcom = 281;
inline constexpr std::uint16_t kDsaBroadcomPrepended = 282;
inline constexpr std::uint16_t kDsaMarvell = 284;
inline constexpr std::uint16_t kEdsaMarvell = 285;
}  // namespace link_type

struct LinkTypeName {
  std::uint16_t link_type = 0;
  const char* name = nullptr;         // without the LINKTYPE_ prefix: "ETHERNET"
  const char* description = nullptr;  // "Ethernet"
};

// From https://www.tcpdump.org/linktypes.html; nullptr for a number not in the table.
const LinkTypeName* find_link_type(std::uint16_t link_type) noexcept;

// Some programs wrote their system's DLT number where a file should have a LINKTYPE number. As in
// libpcap, the unambiguous ones are translated: 11 to ATM_RFC1483, 12 to RAW.
std::uint16_t canonical_link_type(std::uint16_t link_type) noexcept;

// The description, or "link type 12345".
std::string link_type_text(std::uint16_t link_type);

// The DLT_ number that libpcap on Linux uses for a LINKTYPE_ number, and the reverse.
int link_type_to_dlt(std::uint16_t link_type) noexcept;
std::uint16_t dlt_to_link_type(int dlt) noexcept;

}  // namespace capstan
