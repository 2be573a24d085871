// Which printer handles a UDP or TCP port. To add a protocol: declare its print function in
// protocols.h and add a line to the table in ports.cc.
#pragma once

#include <cstdint>

#include "tools/text/printer.h"

namespace capstan::text {

// Returns the printer for a pair of ports; null when there is none. If there is one for both ports,
// the first one in the table is used.
PrintFunction find_udp_printer(std::uint16_t source_port, std::uint16_t destination_port) noexcept;
PrintFunction find_tcp_printer(std::uint16_t source_port, std::uint16_t destination_port) noexcept;

// The printers of -T; null for PacketType::kByPorts, and over TCP for types that have none there.
PrintFunction forced_udp_printer(PacketType type) noexcept;
PrintFunction forced_tcp_printer(PacketType type) noexcept;

}  // namespace capstan::text
