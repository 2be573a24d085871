// Removes one outer layer from a packet: VXLAN, GENEVE, GRE or ERSPAN.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/block/packet_view.h"

namespace capstan {

struct Decapsulated {
  PacketView packet;  // Ethernet or raw IP; borrows the outer packet's bytes
  std::string label;  // "VXLAN VNI 5", "ERSPAN session 7", "GRE key 1", "GRE"
};

// Returns the packet inside the first tunnel; nullopt when the packet is none of these tunnels or
// is cut short. The outer packet is Ethernet (VLAN tags are skipped), Linux cooked or raw IP.
// Source: RFC 7348 (VXLAN), RFC 8926 (GENEVE), RFC 2784 and 2890 (GRE), RFC 7637 (Ethernet in GRE),
// draft-foschiano-erspan-03 (types I to III).
std::optional<Decapsulated> decapsulate(const PacketView& packet);

}  // namespace capstan
