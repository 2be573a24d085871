// FlowSlot: which of a fixed number of places a packet's conversation has. Both directions have the
// same one, so do a tagged packet and the same one untagged. What shares work out by slots
// (DecodeWorkers) needs no lock around what it keeps per conversation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/block/packet_view.h"

namespace capstan {

inline constexpr std::uint32_t kFlowSlots = std::uint32_t{1} << 15;

// Of two ends in either order; `address_bytes` is 4 or 16. Ports are 0 where there are none.
std::uint32_t flow_slot(const std::uint8_t* source, const std::uint8_t* destination,
                        std::size_t address_bytes, std::uint16_t source_port,
                        std::uint16_t destination_port) noexcept;

struct PacketSlot {
  std::uint32_t slot = 0;
  // False: the packet may carry further headers that were not followed to their end (a tunnel of a
  // rare kind), and so belong to a conversation of another slot.
  bool certain = true;
};

// Follows tags and tunnels (MPLS, PPPoE, IP in IP, GRE, VXLAN, GENEVE) down to the innermost ports,
// also where read_transport() (transport.h) would stop; an ICMP error belongs to the conversation
// it quotes. Later fragments of a datagram, and protocols without ports, go by addresses alone; the
// first fragment has ports and goes with its conversation. Packets without IP have slot 0.
PacketSlot packet_slot(const PacketView& packet) noexcept;

}  // namespace capstan
