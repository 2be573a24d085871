// The name of an interface with that of its sensor in front. Pure: bytes in, bytes out.
//
// Source: draft-ietf-opsawg-pcapng section 4.2 (if_name).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace capstan {

// Returns a copy of a complete Interface Description Block in native byte order
// (copied_interface()), whose name is "SENSOR:NAME"; "SENSOR" where it had none.
std::vector<std::uint8_t> named_interface(std::span<const std::uint8_t> block,
                                          std::string_view sensor);

}  // namespace capstan
