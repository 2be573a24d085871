// Checks one recorded packet: whether it is a frame of blast's, whether it is intact, and its
// number.
//
// The reverse of frame_plan, but written from frame_format.h and the RFCs, independent of
// frame_plan's tables: it recomputes every checksum from the bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/block/packet_view.h"

namespace capstan::traffic {

enum class FrameState {
  kOther,      // not a frame of blast's
  kIntact,     // every checksum and length holds
  kTruncated,  // cut by the recorder's snap length; the present part was checked
  kDamaged,    // blast's by address or EtherType, but a checksum, length or the tag is wrong
};

struct FrameVerdict {
  FrameState state = FrameState::kOther;
  bool has_sequence = false;    // false also if damaged: the number itself may be wrong
  bool is_sequence_32 = false;  // only the low 32 bits are in the frame
  bool is_stream_8 = false;     // only the low 8 bits are in the frame
  std::uint32_t stream = 0;
  std::uint64_t sequence = 0;
  std::string_view damage;  // what is wrong with it; a string literal
};

// Accepts any bytes; reads nothing outside `packet`. Link types: Ethernet, and Linux "cooked" (both
// versions) for frames in the IP layout; everything else is kOther.
FrameVerdict check_frame(const PacketView& packet) noexcept;

}  // namespace capstan::traffic
