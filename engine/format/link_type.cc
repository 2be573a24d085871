#include "engine/format/link_type.h"

#include <algorithm>
#include <iterator>

namespace capstan {

namespace {

// Ascending.
constexpr LinkTypeName kLinkTypes[] = {
    {0, "NULL", "BSD loopback"},
    {1, "ETHERNET", "Ethernet"},
    {3, "AX25", "AX.25"},
    {6, "IEEE802_5", "Token Ring"},
    {7, "ARCNET_BSD", "ARCNET (BSD)"},
    {8, "SLIP", "SLIP"},
    {9, "PPP", "PPP"},
    {10, "FDDI", "FDDI"},
    {50, "PPP_HDLC", "PPP in HDLC-like framing"},
    {51, "PPP_ETHER", "PPPoE session"},
    {100, "ATM_RFC1483", "RFC 1483 IP over ATM"},
    {101, "RAW", "Raw IP"},
    {102, "SLIP_BSDOS", "SLIP (BSD/OS)"},
    {103, "PPP_BSDOS", "PPP (BSD/OS)"},
    {104, "C_HDLC", "Cisco HDLC"},
    {105, "IEEE802_11", "802.11"},
    {106, "ATM_CLIP", "Classical IP over ATM"},
    {107, "FRELAY", "Frame Relay"},
    {108, "LOOP", "OpenBSD loopback"},
    {109, "ENC", "OpenBSD IPsec"},
    {112, "C_HDLC_BSD", "Cisco HDLC (BSD)"},
    {113, "LINUX_SLL", "Linux cooked v1"},
    {114, "LTALK", "LocalTalk"},
    {115, "ECONET", "Acorn Econet"},
    {117, "PFLOG", "OpenBSD pflog"},
    {118, "CISCO_IOS", "Cisco internal"},
    {119, "IEEE802_11_PRISM", "802.11 with Prism header"},
    {120, "IEEE802_11_AIRONET", "802.11 with Aironet header"},
    {121, "HHDLC", "Siemens HiPath HDLC"},
    {122, "IP_OVER_FC", "IP over Fibre Channel"},
    {123, "SUNATM", "Solaris ATM"},
    {124, "RIO", "RapidIO"},
    {127, "IEEE802_11_RADIOTAP", "802.11 with radiotap"},
    {129, "ARCNET_LINUX", "ARCNET (Linux)"},
    {130, "JUNIPER_MLPPP", "Juniper MLPPP"},
    {135, "JUNIPER_ATM2", "Juniper ATM2"},
    {137, "JUNIPER_ATM1", "Juniper ATM1"},
    {138, "APPLE_IP_OVER_IEEE1394", "Apple IP over FireWire"},
    {139, "MTP2_WITH_PHDR", "SS7 MTP2 with pseudo-header"},
    {140, "MTP2", "SS7 MTP2"},
    {141, "MTP3", "SS7 MTP3"},
    {142, "SCCP", "SS7 SCCP"},
    {143, "DOCSIS", "DOCSIS"},
    {144, "LINUX_IRDA", "Linux IrDA"},
    {147, "USER0", "Private use 0"},
    {148, "USER1", "Private use 1"},
    {149, "USER2", "Private use 2"},
    {150, "USER3", "Private use 3"},
    {151, "USER4", "Private use 4"},
    {152, "USER5", "Private use 5"},
    {153, "USER6", "Private use 6"},
    {154, "USER7", "Private use 7"},
    {155, "USER8", "Private use 8"},
    {156, "USER9", "Private use 9"},
    {157, "USER10", "Private use 10"},
    {158, "USER11", "Private use 11"},
    {159, "USER12", "Private use 12"},
    {160, "USER13", "Private use 13"},
    {161, "USER14", "Private use 14"},
    {162, "USER15", "Private use 15"},
    {163, "IEEE802_11_AVS", "802.11 with AVS header"},
    {165, "BACNET_MS_TP", "BACnet MS/TP"},
    {166, "PPP_PPPD", "PPP with direction"},
    {169, "GPRS_LLC", "GPRS LLC"},
    {177, "LINUX_LAPD", "Linux LAPD"},
    {178, "JUNIPER_ETHER", "Juniper Ethernet"},
    {179, "JUNIPER_PPP", "Juniper PPP"},
    {180, "JUNIPER_FRELAY", "Juniper Frame Relay"},
    {181, "JUNIPER_CHDLC", "Juniper Cisco HDLC"},
    {182, "MFR", "Multilink Frame Relay"},
    {186, "USB_FREEBSD", "USB (FreeBSD)"},
    {187, "BLUETOOTH_HCI_H4", "Bluetooth HCI UART"},
    {189, "USB_LINUX", "USB (Linux)"},
    {192, "PPI", "Per-packet information"},
    {195, "IEEE802_15_4_WITHFCS", "802.15.4 with FCS"},
    {196, "SITA", "SITA"},
    {197, "ERF", "Endace ERF"},
    {201, "BLUETOOTH_HCI_H4_WITH_PHDR", "Bluetooth HCI UART with direction"},
    {202, "AX25_KISS", "AX.25 with KISS header"},
    {203, "LAPD", "LAPD"},
    {204, "PPP_WITH_DIR", "PPP with direction byte"},
    {205, "C_HDLC_WITH_DIR", "Cisco HDLC with direction byte"},
    {206, "FRELAY_WITH_DIR", "Frame Relay with direction byte"},
    {209, "IPMB_LINUX", "Linux IPMB"},
    {212, "LIN", "LIN"},
    {215, "IEEE802_15_4_NONASK_PHY", "802.15.4 with non-ASK PHY header"},
    {219, "USB_LINUX_MMAPPED", "USB (Linux, mapped)"},
    {224, "FC_2", "Fibre Channel FC-2"},
    {225, "FC_2_WITH_FRAME_DELIMS", "Fibre Channel FC-2 with delimiters"},
    {226, "IPNET", "Solaris IPNET"},
    {227, "CAN_SOCKETCAN", "CAN (SocketCAN)"},
    {228, "IPV4", "Raw IPv4"},
    {229, "IPV6", "Raw IPv6"},
    {230, "IEEE802_15_4_NOFCS", "802.15.4 without FCS"},
    {231, "DBUS", "D-Bus"},
    {235, "DVB_CI", "DVB-CI"},
    {236, "MUX27010", "3GPP 27.010"},
    {237, "STANAG_5066_D_PDU", "STANAG 5066 D_PDU"},
    {239, "NFLOG", "Linux netfilter log"},
    {240, "NETANALYZER", "netANALYZER"},
    {241, "NETANALYZER_TRANSPARENT", "netANALYZER transparent"},
    {242, "IPOIB", "IP over InfiniBand"},
    {243, "MPEG_2_TS", "MPEG-2 transport stream"},
    {244, "NG40", "NG40"},
    {245, "NFC_LLCP", "NFC LLCP"},
    {247, "INFINIBAND", "InfiniBand"},
    {248, "SCTP", "SCTP"},
    {249, "USBPCAP", "USBPcap"},
    {250, "RTAC_SERIAL", "RTAC serial"},
    {251, "BLUETOOTH_LE_LL", "Bluetooth LE"},
    {252, "WIRESHARK_UPPER_PDU", "Wireshark upper PDU"},
    {253, "NETLINK", "Linux netlink"},
    {254, "BLUETOOTH_LINUX_MONITOR", "Bluetooth Linux monitor"},
    {255, "BLUETOOTH_BREDR_BB", "Bluetooth BR/EDR"},
    {256, "BLUETOOTH_LE_LL_WITH_PHDR", "Bluetooth LE with pseudo-header"},
    {257, "PROFIBUS_DL", "PROFIBUS"},
    {258, "PKTAP", "Apple PKTAP"},
    {259, "EPON", "EPON"},
    {260, "IPMI_HPM_2", "IPMI HPM.2"},
    {261, "ZWAVE_R1_R2", "Z-Wave R1 and R2"},
    {262, "ZWAVE_R3", "Z-Wave R3"},
    {263, "WATTSTOPPER_DLM", "WattStopper DLM"},
    {264, "ISO_14443", "ISO 14443"},
    {265, "RDS", "RDS"},
    {266, "USB_DARWIN", "USB (macOS)"},
    {268, "SDLC", "SDLC"},
    {270, "LORATAP", "LoRaTap"},
    {271, "VSOCK", "Linux vsock"},
    {272, "NORDIC_BLE", "Nordic Bluetooth LE"},
    {273, "DOCSIS31_XRA31", "DOCSIS 3.1 with XRA-31"},
    {274, "ETHERNET_MPACKET", "Ethernet mPacket"},
    {275, "DISPLAYPORT_AUX", "DisplayPort AUX"},
    {276, "LINUX_SLL2", "Linux cooked v2"},
    {278, "OPENVIZSLA", "OpenVizsla USB"},
    {279, "EBHSCR", "Elektrobit HSCR"},
    {280, "VPP_DISPATCH", "VPP graph dispatch"},
    {281, "DSA_TAG_BRCM", "Ethernet with Broadcom DSA tag"},
    {282, "DSA_TAG_BRCM_PREPEND", "Broadcom DSA tag before Ethernet"},
    {283, "IEEE802_15_4_TAP", "802.15.4 with TAP"},
    {284, "DSA_TAG_DSA", "Ethernet with Marvell DSA tag"},
    {285, "DSA_TAG_EDSA", "Ethernet with Marvell EDSA tag"},
    {286, "ELEE", "ELEE"},
    {287, "Z_WAVE_SERIAL", "Z-Wave serial"},
    {288, "USB_2_0", "USB 2.0"},
    {289, "ATSC_ALP", "ATSC ALP"},
    {290, "ETW", "Event Tracing for Windows"},
};
static_assert(std::ranges::is_sorted(kLinkTypes, {}, &LinkTypeName::link_type));

struct NumberPair {
  std::uint16_t link_type;
  int dlt;
};
// Where the two differ on Linux (pcap-linktype(7), pcap/dlt.h); all others have one number.
constexpr NumberPair kDifferent[] = {
    {link_type::kAtmRfc1483, 11}, {link_type::kRaw, 12},     {link_type::kSlipBsdos, 15},
    {link_type::kPppBsdos, 16},   {link_type::kAtmClip, 19},
};

}  // namespace

const LinkTypeName* find_link_type(std::uint16_t link_type) noexcept {
  const auto* found = std::ranges::lower_bound(kLinkTypes, link_type, {}, &LinkTypeName::link_type);
  return found != std::end(kLinkTypes) && found->link_type == link_type ? found : nullptr;
}

std::uint16_t canonical_link_type(std::uint16_t link_type) noexcept {
  constexpr std::uint16_t kDltAtmRfc1483 = 11;
  constexpr std::uint16_t kDltRaw = 12;
  if (link_type == kDltAtmRfc1483) return link_type::kAtmRfc1483;
  return link_type == kDltRaw ? link_type::kRaw : link_type;
}

std::string link_type_text(std::uint16_t link_type) {
  const LinkTypeName* known = find_link_type(link_type);
  return known == nullptr ? "link type " + std::to_string(link_type) : known->description;
}

int link_type_to_dlt(std::uint16_t link_type) noexcept {
  for (const NumberPair& pair : kDifferent) {
    if (pair.link_type == link_type) return pair.dlt;
  }
  return link_type;
}

std::uint16_t dlt_to_link_type(int dlt) noexcept {
  for (const NumberPair& pair : kDifferent) {
    if (pair.dlt == dlt) return pair.link_type;
  }
  return static_cast<std::uint16_t>(dlt);
}

}  // namespace capstan
