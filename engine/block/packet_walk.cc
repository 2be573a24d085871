#include "engine/block/packet_walk.h"

namespace capstan {

template class BasicPacketWalk<NativeOrder>;
template class BasicPacketWalk<SwappedOrder>;

const char* walk_end_text(WalkEnd end) noexcept {
  switch (end) {
    case WalkEnd::kRunning:
      return "not at the end";
    case WalkEnd::kComplete:
      return "complete";
    case WalkEnd::kCutShort:
      return "it ends inside a record";
    case WalkEnd::kNewSection:
      return "a new section begins";
    case WalkEnd::kZeros:
      return "zeros where a record should begin";
    case WalkEnd::kReservedType:
      return "a block of the reserved type 0";
    case WalkEnd::kBadLength:
      return "a length that cannot be";
    case WalkEnd::kTrailerMismatch:
      return "the lengths at the two ends of a block differ";
    case WalkEnd::kPacketTooLong:
      return "a packet longer than its block";
    case WalkEnd::kUnknownInterface:
      return "a packet of an interface that was not described";
  }
  return "unknown";
}

}  // namespace capstan
