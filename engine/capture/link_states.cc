#include "engine/capture/link_states.h"

#include <algorithm>

namespace capstan {

void LinkStates::watch(int index, const std::string& name) {
  if (index == 0) return;  // "any" cannot vanish
  const bool known = std::any_of(links_.begin(), links_.end(),
                                 [&](const WatchedLink& link) { return link.now.index == index; });
  if (known) return;
  WatchedLink link;
  link.opened_as = name;
  link.now.index = index;
  link.now.name = name;
  links_.push_back(std::move(link));
}

std::vector<LinkEvent> LinkStates::update(const LinkFacts& facts) {
  present_[facts.index] = facts;
  return dumping_ ? std::vector<LinkEvent>{} : compare_all();
}

std::vector<LinkEvent> LinkStates::remove(int index, bool moved_away) {
  present_.erase(index);
  if (dumping_) return {};
  moved_away_ = moved_away ? index : 0;
  return compare_all();
}

void LinkStates::begin_dump() {
  present_.clear();
  dumping_ = true;
}

std::vector<LinkEvent> LinkStates::end_dump() {
  dumping_ = false;
  moved_away_ = 0;
  return compare_all();
}

bool LinkStates::all_gone() const noexcept {
  return !links_.empty() && std::all_of(links_.begin(), links_.end(),
                                        [](const WatchedLink& link) { return link.gone; });
}

std::vector<LinkEvent> LinkStates::compare_all() {
  std::vector<LinkEvent> events;
  for (WatchedLink& link : links_) {
    if (!link.gone) compare(link, events);
    if (link.gone) look_for_return(link, events);
  }
  return events;
}

std::string LinkStates::name_of(int index) const {
  const auto found = present_.find(index);
  return found == present_.end() ? std::string() : found->second.name;
}

void LinkStates::compare(WatchedLink& link, std::vector<LinkEvent>& events) {
  LinkEvent event;
  event.interface_name = link.opened_as;
  const auto add = [&](LinkChange change) {
    event.change = change;
    events.push_back(event);
  };
  const auto found = present_.find(link.now.index);
  if (found == present_.end()) {
    if (!link.known) return;  // nothing was heard of any link yet
    link.gone = true;
    event.moved_away = moved_away_ == link.now.index;
    return add(LinkChange::kVanished);
  }
  const LinkFacts before = link.now;
  const LinkFacts& now = link.now = found->second;
  if (!link.known) {
    link.known = true;
    return;
  }
  if (now.name != before.name) {
    event.name = now.name;
    add(LinkChange::kRenamed);
  }
  if (now.mtu != before.mtu) {
    event.mtu = now.mtu;
    event.mtu_before = before.mtu;
    add(LinkChange::kMtu);
  }
  if (now.master_index != before.master_index) {
    if (before.master_index != 0) {
      event.name = name_of(before.master_index);
      add(LinkChange::kLeft);
    }
    if (now.master_index != 0) {
      event.name = name_of(now.master_index);
      event.kind = now.master_kind;
      add(LinkChange::kJoined);
    }
  }
  if (now.up != before.up) return add(now.up ? LinkChange::kUp : LinkChange::kDown);
  if (now.up && now.carrier != before.carrier) {
    add(now.carrier ? LinkChange::kCarrierBack : LinkChange::kCarrierLost);
  }
}

void LinkStates::look_for_return(WatchedLink& link, std::vector<LinkEvent>& events) {
  const auto found = std::find_if(present_.begin(), present_.end(), [&](const auto& entry) {
    return entry.second.name == link.opened_as;
  });
  if (found == present_.end()) {
    link.other_type_said = false;
    return;
  }
  LinkEvent event;
  event.interface_name = link.opened_as;
  event.change = LinkChange::kReturned;
  event.interface_index = found->second.index;
  event.same_type = found->second.hardware_type == link.now.hardware_type;
  if (!event.same_type) {
    if (!link.other_type_said) events.push_back(event);
    link.other_type_said = true;
    return;
  }
  link.now = found->second;
  link.gone = false;
  link.other_type_said = false;
  events.push_back(event);
  if (link.now.up) return;
  event.change = LinkChange::kDown;
  events.push_back(event);
}

}  // namespace capstan
