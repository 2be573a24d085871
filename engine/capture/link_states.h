// LinkStates: what is known about the recorded links, and what changed. Pure: facts in, events out.
//
// link_watch.cc passes in what the kernel reports. States are compared, not counted: lost messages
// (many changes at once, ENOBUFS) only delay a report, because a dump of all links then reveals the
// change.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/format/recorded_event.h"

namespace capstan {

// One interface as RTM_NEWLINK describes it (rtnetlink(7)).
struct LinkFacts {
  int index = 0;
  std::string name;
  std::uint16_t hardware_type = 0;  // ARPHRD_*
  bool up = true;
  bool carrier = true;  // valid only while up
  std::uint32_t mtu = 0;
  std::uint32_t largest_segments = 0;  // limit of GSO and GRO; 0: the kernel does not report it
  int master_index = 0;                // 0: the link has no master
  std::string master_kind;             // "bond", "bridge", ...
};

struct LinkEvent {
  std::string interface_name;  // the name by which it was opened
  LinkChange change = LinkChange::kDown;
  std::string name;       // kRenamed: the new name; kJoined, kLeft: the master's name, if known
  std::string kind;       // kJoined: "bond", "bridge", ...
  std::uint32_t mtu = 0;  // kMtu: the new value, then the old one
  std::uint32_t mtu_before = 0;
  bool moved_away = false;  // kVanished: moved to another network namespace
  int interface_index = 0;  // kReturned: the new index
  bool same_type = true;    // kReturned: same link type as before; else it cannot be recorded
};

struct WatchedLink {
  std::string opened_as;
  LinkFacts now;       // last known state
  bool known = false;  // whether the kernel has reported it at all
  bool gone = false;
  bool other_type_said = false;
};

// One thread.
class LinkStates {
 public:
  void watch(int index, const std::string& name);

  std::vector<LinkEvent> update(const LinkFacts& facts);
  std::vector<LinkEvent> remove(int index, bool moved_away);
  // Between the two calls every existing link is passed to update(); a link that is not passed is
  // gone.
  void begin_dump();
  std::vector<LinkEvent> end_dump();

  const std::vector<WatchedLink>& links() const noexcept { return links_; }
  // Whether every watched link is gone. False when none is watched.
  bool all_gone() const noexcept;

 private:
  void compare(WatchedLink& link, std::vector<LinkEvent>& events);
  void look_for_return(WatchedLink& link, std::vector<LinkEvent>& events);
  std::vector<LinkEvent> compare_all();
  std::string name_of(int index) const;

  std::map<int, LinkFacts> present_;  // every interface of the namespace, by index
  std::vector<WatchedLink> links_;
  bool dumping_ = false;
  int moved_away_ = 0;  // the index that remove() reported as moved to another namespace
};

}  // namespace capstan
