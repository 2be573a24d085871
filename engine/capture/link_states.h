// LinkStates: what is known of the recorded links, and what changed. Pure: facts in, events out.
//
// Fed by link_watch.cc with what the kernel says. State is compared, not counted, so that messages
// that were lost (a storm of changes, ENOBUFS) only delay a report: a dump of all links brings it.
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
  bool carrier = true;  // only tells something while up
  std::uint32_t mtu = 0;
  std::uint32_t largest_segments = 0;  // GSO's and GRO's limit; 0: the kernel does not say
  int master_index = 0;                // 0: part of nothing
  std::string master_kind;             // "bond", "bridge", ...
};

struct LinkEvent {
  std::string interface_name;  // the name it was opened by
  LinkChange change = LinkChange::kDown;
  std::string name;       // kRenamed: the new one; kJoined, kLeft: the master's, if known
  std::string kind;       // kJoined: "bond", "bridge", ...
  std::uint32_t mtu = 0;  // kMtu: now and before
  std::uint32_t mtu_before = 0;
  bool moved_away = false;  // kVanished: into another network namespace
  int interface_index = 0;  // kReturned: the new one
  bool same_type = true;    // kReturned: as before; otherwise nothing of it can be recorded
};

struct WatchedLink {
  std::string opened_as;
  LinkFacts now;       // as last heard of
  bool known = false;  // heard of at all
  bool gone = false;
  bool other_type_said = false;
};

// One thread.
class LinkStates {
 public:
  void watch(int index, const std::string& name);

  std::vector<LinkEvent> update(const LinkFacts& facts);
  std::vector<LinkEvent> remove(int index, bool moved_away);
  // Between the two everything there is comes through update(); what does not is gone.
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
  int moved_away_ = 0;  // the index that remove() was told has moved
};

}  // namespace capstan
