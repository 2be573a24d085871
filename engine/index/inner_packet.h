// Finds the inner packet of a packet whose outer headers have been read: for packet_key.cc.
#pragma once

#include <optional>

#include "engine/index/frame_fields.h"
#include "engine/index/packet_key.h"

namespace capstan {

// `ip` is the outer IP header; nullptr: no IP follows the link header.
std::optional<InnerPacket> read_inner(const ByteReader& bytes, const FrameHead& frame,
                                      const IpHead* ip) noexcept;

}  // namespace capstan
