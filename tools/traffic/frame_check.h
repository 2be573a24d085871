// Looks at one recorded packet: is it one of blast's, is it whole, which number has it?
//
// The reverse of frame_plan, written against frame_format.h and the RFCs, not against frame_plan's
// tables: it recomputes every checksum from the bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/block/packet_view.h"

namespace capstan::traffic {

enum class FrameState {
  kOther,      // none of blast's
  kIntact,     // every checksum and length holds
  kTruncated,  // cut by the recorder's snap length; what is there has been looked at
  kDamaged,    // blast's by address or EtherType, but a checksum, length or the tag is wrong
};

struct FrameVerdict {
  FrameState state = FrameState::kOther;
  bool has_sequence = false;    // false too when damaged: the number may be what is wrong
  bool is_sequence_32 = false;  // only the low 32 bits are in the frame
  bool is_stream_8 = false;     // only the low 8 bits are in the frame
  std::uint32_t stream = 0;
  std::uint64_t sequence = 0;
  std::string_view damage;  // what is wrong with it, a literal
};

// Any bytes are fine; nothing outside `packet` is read. Link types: Ethernet, and Linux "cooked"
// (both versions) for frames in the IP layout; everything else is kOther.
FrameVerdict check_frame(const PacketView& packet) noexcept;

}  // namespace capstan::traffic
