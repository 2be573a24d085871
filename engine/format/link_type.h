// Numbers of link types.
#pragma once

#include <cstdint>

namespace capstan {

// Link types as files carry them (https://www.tcpdump.org/linktypes.html), not libpcap's DLT
// numbers.
namespace link_type {
inline constexpr std::uint16_t kNull = 0;
inline constexpr std::uint16_t kEthernet = 1;
inline constexpr std::uint16_t kRaw = 101;
inline constexpr std::uint16_t kLoop = 108;
inline constexpr std::uint16_t kLinuxSll = 113;
inline constexpr std::uint16_t kIpv4 = 228;
inline constexpr std::uint16_t kIpv6 = 229;
inline constexpr std::uint16_t kLinuxSll2 = 276;
}  // namespace link_type

}  // namespace capstan
