// LinkWatch: what happens to the captured interfaces themselves: down, up, renamed, gone, back.
//
// Read by the main thread's event loop. Works without privileges, and under a seccomp filter that
// refuses new sockets: it uses the one it has. Source: rtnetlink(7), RTNLGRP_LINK.
#pragma once

#include <string>
#include <vector>

#include "engine/capture/link_states.h"

struct mnl_socket;
struct nlmsghdr;

namespace capstan {

// Owns a netlink socket. One thread.
class LinkWatch {
 public:
  // Throws std::system_error.
  LinkWatch();
  ~LinkWatch();
  LinkWatch(const LinkWatch&) = delete;
  LinkWatch& operator=(const LinkWatch&) = delete;

  void watch(int interface_index, const std::string& name) { states_.watch(interface_index, name); }
  // Asks how things stand; changes are told from then on. After the last watch().
  void learn();
  // Readable when there is something to take.
  int descriptor() const noexcept;
  // What changed since the last call; never waits.
  std::vector<LinkEvent> take_events();

  const std::vector<WatchedLink>& links() const noexcept { return states_.links(); }
  // Whether every watched interface is gone. False when none is watched.
  bool all_gone() const noexcept { return states_.all_gone(); }

 private:
  void request_dump() noexcept;
  void on_message(const nlmsghdr* header, std::vector<LinkEvent>& events);

  mnl_socket* socket_ = nullptr;
  LinkStates states_;
  unsigned dump_ = 0;  // sequence number of the dump under way; 0: none
  unsigned last_dump_ = 0;
  bool dump_begun_ = false;   // its first message has come
  bool dump_wanted_ = false;  // could not be asked for yet
};

}  // namespace capstan
