// FlowSlot: assigns a packet's conversation to one of a fixed number of slots. Both directions have
// the same slot, and so do a packet with and without VLAN tags. Work that is divided by slots
// (DecodeWorkers) needs no lock for its state per conversation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/block/packet_view.h"

namespace capstan {

inline constexpr std::uint32_t kFlowSlots = std::uint32_t{1} << 15;

// The slot for two ends, in either order; `address_bytes` is 4 or 16. Ports are 0 where there are
// none.
std::uint32_t flow_slot(const std::uint8_t* source, const std::uint8_t* destination,
                        std::size_t address_bytes, std::uint16_t source_port,
                        std::uint16_t destination_port) noexcept;

struct PacketSlot {
  std::uint32_t slot = 0;
  // False: the packet may contain further headers that were not followed to the end (a rare kind of
  // tunnel), and so may belong to a conversation with another slot.
  bool certain = true;
};

// Follows tags and tunnels (MPLS, PPPoE, IP in IP, GRE, VXLAN, GENEVE) down to the innermost ports,
// even where read_transport() (transport.h) would stop; an ICMP error belongs to the conversation
// that it quotes. Later fragments of a datagram, and protocols without ports, are assigned by
// addresses alone; the first fragment has ports and goes with its conversation. Packets without IP
// have slot 0.
PacketSlot packet_slot(const PacketView& packet) noexcept;

}  // namespace capstan
