#include "tools/watch/link_text.h"

#include <fmt/format.h>

namespace capstan::tools {

namespace {

std::string vanished_text(const LinkEvent& event, bool recording_ends, bool can_return) {
  const std::string what =
      fmt::format("{} has vanished{}", event.interface_name,
                  event.moved_away ? ": it has moved to another network namespace" : "");
  if (recording_ends) return what + "; the recording ends";
  if (can_return) return what + "; recording it goes on when it is there again";
  return what +
         "; the kernel cannot bind several rings anew (--rings), so nothing more comes from it";
}

// "bond0 (bond)", as far as it is known.
std::string master_text(const LinkEvent& event) {
  if (event.kind.empty()) return event.name.empty() ? "another interface" : event.name;
  return event.name.empty() ? fmt::format("a {}", event.kind)
                            : fmt::format("{} ({})", event.name, event.kind);
}

}  // namespace

std::string link_event_text(const LinkEvent& event, bool recording_ends, bool can_return) {
  const std::string& name = event.interface_name;
  switch (event.change) {
    case LinkChange::kDown:
      return fmt::format("{} went down; recording goes on when it comes back", name);
    case LinkChange::kUp:
      return fmt::format("{} is up again", name);
    case LinkChange::kCarrierLost:
      return fmt::format("{} has lost its carrier: nothing is at the other end", name);
    case LinkChange::kCarrierBack:
      return fmt::format("{} has its carrier again", name);
    case LinkChange::kRenamed:
      return fmt::format("{} is now called {}; recording goes on", name, event.name);
    case LinkChange::kMtu:
      return fmt::format("{}: the MTU is now {}, it was {}", name, event.mtu, event.mtu_before);
    case LinkChange::kJoined:
      return fmt::format("{} is now part of {}", name, master_text(event));
    case LinkChange::kLeft:
      return fmt::format("{} is no longer part of {}", name, master_text(event));
    case LinkChange::kVanished:
      return vanished_text(event, recording_ends, can_return);
    case LinkChange::kReturned:
      return event.same_type
                 ? fmt::format("{} is there again; recording goes on", name)
                 : fmt::format(
                       "{} is there again as another kind of link, which this recording "
                       "cannot hold",
                       name);
    case LinkChange::kClockSet:  // no link's: clock_watch.h has its text
      break;
  }
  return name;
}

}  // namespace capstan::tools
