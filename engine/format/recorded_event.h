// RecordedEvent: what happened to a recorded link, told in the recording itself: a local-use pcapng
// block between the packets, where every other reader skips it.
//
// Made by engine/capture/link_watch.cc, encoded by writers/recording/pcapng_format.cc, read by
// engine/reader/pcapng_blocks.cc.
#pragma once

#include <cstdint>
#include <string>

#include "engine/format/pcapng.h"

namespace capstan {

// The numbers stand in files: they never change.
enum class LinkChange : std::uint32_t {
  kDown = 1,         // switched off (ip link set down)
  kUp = 2,           // switched on
  kCarrierLost = 3,  // on, but nothing at the other end
  kCarrierBack = 4,
  kRenamed = 5,
  kMtu = 6,
  kJoined = 7,     // became part of a bond, a bridge or another master
  kLeft = 8,       // is no longer part of it
  kVanished = 9,   // deleted, unplugged, or moved to another network namespace
  kReturned = 10,  // an interface of that name is there again
  kClockSet = 11,  // of the machine, not of a link: the wall clock was set; interface_id is 0
};

// A word for each, for JSON and metrics; "event" for a number of a later version.
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
  std::uint32_t interface_id = 0;  // as the packets of the file have it
  std::uint64_t timestamp_ns = 0;  // since 1970
  LinkChange change = LinkChange::kDown;
  std::string text;  // one line for people
};

// The block up to its options, of which there is one: opt_comment with the text. In the byte order
// of the section.
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
