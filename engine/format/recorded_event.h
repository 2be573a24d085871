// RecordedEvent: something that happened to a recorded link, stored in the recording itself: a
// local-use pcapng block between the packets, which every other reader skips.
//
// Made by engine/capture/link_watch.cc, encoded by writers/recording/pcapng_format.cc, read by
// engine/reader/pcapng_blocks.cc.
#pragma once

#include <cstdint>
#include <string>

#include "engine/format/pcapng.h"

namespace capstan {

// The numbers are stored in files and never change.
enum class LinkChange : std::uint32_t {
  kDown = 1,         // switched off (ip link set down)
  kUp = 2,           // switched on
  kCarrierLost = 3,  // switched on, but no carrier
  kCarrierBack = 4,
  kRenamed = 5,
  kMtu = 6,
  kJoined = 7,     // became part of a bond, a bridge or another master
  kLeft = 8,       // is no longer part of it
  kVanished = 9,   // deleted, unplugged, or moved to another network namespace
  kReturned = 10,  // an interface of that name exists again
  kClockSet = 11,  // about the machine, not a link: the wall clock was set; interface_id is 0
};

// A word for each change, for JSON and metrics; "event" for a number of a later version.
constexpr const char* link_change_name(LinkChange change) noexcept {
  switch (change) {
    case LinkChange::kDown:
      return "down";
    case LinkChange::kUp:
      return "up";
    case LinkChange::kCarrierLost:
      return "carrier-lost";
    case LinkChange::kCarrierBack:
      return "carrier-back";
    case LinkChange::kRenamed:
      return "renamed";
    case LinkChange::kMtu:
      return "mtu";
    case LinkChange::kJoined:
      return "joined";
    case LinkChange::kLeft:
      return "left";
    case LinkChange::kVanished:
      return "vanished";
    case LinkChange::kReturned:
      return "returned";
    case LinkChange::kClockSet:
      return "clock-set";
  }
  return "event";
}

struct RecordedEvent {
  std::uint32_t interface_id = 0;  // as in the packets of the file
  std::uint64_t timestamp_ns = 0;  // since 1970
  LinkChange change = LinkChange::kDown;
  std::string text;  // one line of text for people
};

// The block up to its options. It has one option, opt_comment, with the text. Byte order of the
// section.
struct EventHead {
  std::uint32_t type;          // pcapng::kCapstanEvent
  std::uint32_t total_length;  // bytes
  std::uint32_t magic;         // kEventMagic, the version of this layout
  std::uint32_t interface_id;
  std::uint32_t timestamp_high;  // upper half of nanoseconds since 1970
  std::uint32_t timestamp_low;
  std::uint32_t change;  // LinkChange
};
static_assert(sizeof(EventHead) == 28);

inline constexpr std::uint32_t kEventMagic = 0x43504531;  // "CPE1"

}  // namespace capstan
