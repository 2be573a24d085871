// SlotKind: in which form the kernel delivers the packets of a link.
#pragma once

#include <cstdint>

namespace capstan {

// What a link's packets look like in a ring slot. This decides how much space the kernel must leave
// free in front of them.
enum class SlotKind : std::uint8_t {
  kEthernet,  // SOCK_RAW, 14-byte MAC header
  kRaw,       // SOCK_RAW, no MAC header (tun, tunnels) or a header of another length
  kCooked,    // SOCK_DGRAM: no link header is stored; a LINUX_SLL2 header is written in front
};

}  // namespace capstan
