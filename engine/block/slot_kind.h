// SlotKind: how the kernel hands over the packets of a link.
#pragma once

#include <cstdint>

namespace capstan {

// What a link's packets look like in a ring slot, which decides how much the kernel must leave free
// in front of them.
enum class SlotKind : std::uint8_t {
  kEthernet,  // SOCK_RAW, 14-byte MAC header
  kRaw,       // SOCK_RAW, no MAC header (tun, tunnels) or one of another length
  kCooked,    // SOCK_DGRAM: no link header stored; a LINUX_SLL2 one is written in front
};

}  // namespace capstan
