#include "tools/text/ports.h"

#include <array>
#include <cstddef>

#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

// Which end of a packet must have the port.
enum class End : std::uint8_t { kEither, kSource, kDestination };

struct PortEntry {
  std::uint16_t first;
  std::uint16_t last;
  End end;
  PrintFunction print;
};

constexpr PortEntry port(std::uint16_t number, PrintFunction print, End end = End::kEither) {
  return {number, number, end, print};
}

// The order decides when both ports are known.
constexpr PortEntry kUdp[] = {
    port(53, print_dns),
    port(5353, print_mdns),
    port(69, print_tftp),
    port(67, print_bootp),
    port(68, print_bootp),
    port(520, print_rip),
    port(161, print_snmp),
    port(162, print_snmp),
    port(123, print_ntp),
    port(88, print_kerberos),
    port(750, print_kerberos),
    port(1701, print_l2tp),
    port(521, print_ripng),
    port(546, print_dhcp6),
    port(547, print_dhcp6),
    port(1645, print_radius),
    port(1646, print_radius),
    port(1700, print_radius),
    port(1812, print_radius),
    port(1813, print_radius),
    port(3799, print_radius),
    port(1985, print_hsrp, End::kDestination),
    port(3784, print_bfd, End::kDestination),
    port(3785, print_bfd, End::kDestination),
    port(4784, print_bfd, End::kDestination),
    port(6784, print_bfd, End::kDestination),
    port(319, print_ptp),
    port(320, print_ptp),
    port(646, print_ldp),
    port(6343, print_sflow),
    port(3503, print_lsp_ping),
    port(4342, print_lisp),
    port(500, print_isakmp),
    port(4500, print_isakmp_in_udp),
    port(6635, print_mpls),
    port(5060, print_sip),
    port(514, print_syslog),
    port(4789, print_vxlan, End::kDestination),
    port(6081, print_geneve, End::kDestination),
};

constexpr PortEntry kTcp[] = {
    port(23, print_telnet), port(25, print_smtp),         port(43, print_whois),
    port(22, print_ssh),    port(21, print_ftp),          port(80, print_http),
    port(8080, print_http), port(3128, print_http),       port(554, print_rtsp),
    port(8554, print_rtsp), port(53, print_dns_over_tcp), port(179, print_bgp),
    port(1723, print_pptp), port(646, print_ldp),         port(443, print_tls),
    port(465, print_tls),   port(563, print_tls),         port(636, print_tls),
    port(853, print_tls),   port(989, print_tls),         port(990, print_tls),
    port(992, print_tls),   port(993, print_tls),         port(995, print_tls),
    port(5061, print_tls),  port(8443, print_tls),
};

// For each port the index + 1 of the first entry that wants it as source, as destination.
class PortTable {
 public:
  template <std::size_t Count>
  explicit PortTable(const PortEntry (&entries)[Count]) : entries_(entries) {
    static_assert(Count < 255, "ranks are bytes");
    for (std::size_t rank = Count; rank > 0; --rank) {
      const PortEntry& entry = entries[rank - 1];
      if (entry.print == nullptr) continue;
      for (std::size_t number = entry.first; number <= entry.last; ++number) {
        if (entry.end != End::kDestination) source_[number] = static_cast<std::uint8_t>(rank);
        if (entry.end != End::kSource) destination_[number] = static_cast<std::uint8_t>(rank);
      }
    }
  }

  PrintFunction find(std::uint16_t source, std::uint16_t destination) const noexcept {
    const unsigned from = source_[source];
    const unsigned to = destination_[destination];
    if ((from | to) == 0) return nullptr;
    const unsigned rank = from == 0 || (to != 0 && to < from) ? to : from;
    return entries_[rank - 1].print;
  }

 private:
  const PortEntry* entries_;
  std::array<std::uint8_t, 65536> source_{};
  std::array<std::uint8_t, 65536> destination_{};
};

}  // namespace

PrintFunction forced_udp_printer(PacketType type) noexcept {
  switch (type) {
    case PacketType::kByPorts:
      break;
    case PacketType::kDomain:
      return print_dns;
    case PacketType::kPtp:
      return print_ptp;
    case PacketType::kRadius:
      return print_radius;
    case PacketType::kSnmp:
      return print_snmp;
    case PacketType::kTftp:
      return print_tftp;
    case PacketType::kVxlan:
      return print_vxlan;
  }
  return nullptr;
}

PrintFunction forced_tcp_printer(PacketType type) noexcept {
  return type == PacketType::kDomain ? print_dns_over_tcp : nullptr;
}

PrintFunction find_udp_printer(std::uint16_t source_port, std::uint16_t destination_port) noexcept {
  static const PortTable table(kUdp);
  return table.find(source_port, destination_port);
}

PrintFunction find_tcp_printer(std::uint16_t source_port, std::uint16_t destination_port) noexcept {
  static const PortTable table(kTcp);
  return table.find(source_port, destination_port);
}

}  // namespace capstan::text
