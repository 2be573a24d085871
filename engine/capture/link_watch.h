// LinkWatch: what happens to the captured interfaces themselves: down, up, renamed, gone.
//
// Read by the main thread's event loop. Source: rtnetlink(7), RTNLGRP_LINK.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan {

enum class LinkChange : std::uint8_t { kDown, kUp, kRenamed, kGone };

struct LinkEvent {
  std::string interface_name;  // the name it was opened by
  LinkChange change = LinkChange::kDown;
  std::string new_name;  // kRenamed
};

// One thread. Losing a message (ENOBUFS under a storm of changes) only delays a report: the state
// is compared, not counted.
class LinkWatch {
 public:
  // Throws std::system_error.
  LinkWatch();

  void watch(int interface_index, const std::string& name);
  // Readable when there is something to take.
  int descriptor() const noexcept { return fd_.get(); }
  // What changed since the last call; never waits.
  std::vector<LinkEvent> take_events();
  // Whether every watched interface is gone. False when none is watched.
  bool all_gone() const noexcept;

 private:
  struct Link {
    int index = 0;
    std::string opened_as;
    std::string name;
    bool up = true;
    bool gone = false;
  };
  void on_message(const void* message, std::vector<LinkEvent>& events);

  UniqueFd fd_;
  std::vector<Link> links_;
};

}  // namespace capstan
