// Takes one outer layer off a packet: VXLAN, GENEVE, GRE and ERSPAN.
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

// The packet inside of the first tunnel; nullopt: it is none of these, or cut short. The outer
// packet is Ethernet (VLAN tags passed over), Linux cooked or raw IP.
// Source: RFC 7348 (VXLAN), RFC 8926 (GENEVE), RFC 2784 and 2890 (GRE), RFC 7637 (Ethernet in GRE),
// draft-foschiano-erspan-03 (types I to III).
std::optional<Decapsulated> decapsulate(const PacketView& packet);

}  // namespace capstan
