// Every protocol printer, one line each, ordered by the file that defines it. A printer receives
// the bytes of its own layer and prints its part of the line.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// ethernet.cc. `print_header`: as for -e. Returns the size of the header, including tags.
std::size_t print_ethernet(Printer& p, Input in, bool print_header);

// link.cc: by link type. Returns the size of the link-layer header, which -x and -X leave out.
std::size_t print_link(Printer& p, Input in, std::uint16_t type);

// link_linux.cc
std::size_t print_nflog(Printer& p, Input in);
std::size_t print_arcnet(Printer& p, Input in);

// llc.cc: 802.2 LLC and SNAP. The addresses are those of the frame, null where there are none.
// Returns the size of the header; `known` is set to false when the caller has to dump the payload.
struct LinkAddresses {
  const std::uint8_t* source = nullptr;
  const std::uint8_t* destination = nullptr;
};
std::size_t print_llc(Printer& p, Input in, LinkAddresses addresses, bool& known);

// network.cc: the payload of an Ethernet type (or its equivalent in other link layers). Returns
// false if the type is not known.
bool print_ethertype(Printer& p, std::uint16_t type, Input in, LinkAddresses addresses);
const char* ethertype_name(std::uint16_t type) noexcept;  // null when it has none

// arp.cc, ip4.cc, ip6.cc
void print_arp(Printer& p, Input in);
void print_ipv4(Printer& p, Input in);
void print_ipv6(Printer& p, Input in);
// Selects by the version field, for links that carry IP without a header of their own.
void print_ip_any(Printer& p, Input in);

// stp.cc, ipx.cc, iso.cc
void print_stp(Printer& p, Input in);
void print_ipx(Printer& p, Input in);
void print_iso(Printer& p, Input in);
// isis.cc: IS-IS with -v
void print_isis_details(Printer& p, Input in);
// cisco.cc: Cisco's protocols over SNAP (CDP, DTP, VTP, UDLD). Returns false if not known.
bool print_cisco_snap(Printer& p, std::uint16_t type, Input in);
// bridged.cc: RFC 2684 bridged frames over SNAP. Returns false if not known.
bool print_bridged(Printer& p, std::uint16_t type, Input in);

// mpls.cc, pppoe.cc, ppp.cc, eap.cc, lldp.cc; some return the header size, for -x and -X
void print_mpls(Printer& p, Input in);
std::size_t print_pppoe(Printer& p, Input in);
std::size_t print_ppp(Printer& p, Input in);
void print_eap(Printer& p, Input in);
void print_lldp(Printer& p, Input in);

// aoe.cc, ptp.cc
void print_aoe(Printer& p, Input in);
void print_ptp(Printer& p, Input in);

// serial_links.cc and wifi.cc: link layers; each returns the size of its header
std::size_t print_frame_relay(Printer& p, Input in);
std::size_t print_cisco_hdlc(Printer& p, Input in);
std::size_t print_wifi(Printer& p, Input in);
std::size_t print_radiotap(Printer& p, Input in);

// protocols carried directly over IP, each in a file of its own
void print_icmp(Printer& p, Input in);
void print_icmp6(Printer& p, Input in);
void print_igmp(Printer& p, Input in);
void print_gre(Printer& p, Input in);
void print_ah(Printer& p, Input in);
void print_esp(Printer& p, Input in);

// lsp_ping.cc, lisp.cc, slow.cc, isakmp.cc
void print_lsp_ping(Printer& p, Input in);
void print_lisp(Printer& p, Input in);
void print_slow(Printer& p, Input in);
void print_isakmp(Printer& p, Input in);
// Port 4500: keepalives, IKE after four zero bytes, or ESP (RFC 3948).
void print_isakmp_in_udp(Printer& p, Input in);
void print_ipcomp(Printer& p, Input in);
void print_ospf(Printer& p, Input in);
void print_pim(Printer& p, Input in);
void print_vrrp(Printer& p, Input in);
void print_sctp(Printer& p, Input in);
void print_dccp(Printer& p, Input in);

// overlay.cc
void print_vxlan(Printer& p, Input in);
void print_geneve(Printer& p, Input in);

// udp.cc, tcp.cc
void print_udp(Printer& p, Input in);
void print_tcp(Printer& p, Input in);

// rpc.cc: Sun RPC and NFS calls and replies over UDP, which print their own addresses. Returns
// false if it is none of these.
bool print_udp_rpc(Printer& p, Input in);

// Applications, by port. Those over TCP print their own separator after the segment's length.
// bfd.cc
void print_bfd(Printer& p, Input in);
// bgp.cc
void print_bgp(Printer& p, Input in);
// bootp.cc
void print_bootp(Printer& p, Input in);
// dhcp6.cc
void print_dhcp6(Printer& p, Input in);
// domain.cc
void print_dns(Printer& p, Input in);
void print_mdns(Printer& p, Input in);
void print_dns_over_tcp(Printer& p, Input in);
// kerberos.cc
void print_kerberos(Printer& p, Input in);
// label_distribution.cc
void print_ldp(Printer& p, Input in);
// l2tp.cc
void print_l2tp(Printer& p, Input in);
// ntp.cc
void print_ntp(Printer& p, Input in);
// pptp.cc
void print_pptp(Printer& p, Input in);
// radius.cc
void print_radius(Printer& p, Input in);
// routing_protocols.cc
void print_rip(Printer& p, Input in);
void print_ripng(Printer& p, Input in);
void print_hsrp(Printer& p, Input in);
// sflow.cc
void print_sflow(Printer& p, Input in);
// snmp.cc
void print_snmp(Printer& p, Input in);
// telnet.cc
void print_telnet(Printer& p, Input in);
// text_protocols.cc
void print_http(Printer& p, Input in);
void print_rtsp(Printer& p, Input in);
void print_sip(Printer& p, Input in);
void print_smtp(Printer& p, Input in);
void print_ftp(Printer& p, Input in);
void print_whois(Printer& p, Input in);
void print_ssh(Printer& p, Input in);
void print_syslog(Printer& p, Input in);
// tftp.cc
void print_tftp(Printer& p, Input in);
// tls.cc
void print_tls(Printer& p, Input in);
// End of the applications.

}  // namespace capstan::text
