// LinkWatch: reports what happens to the captured interfaces: down, up, renamed, gone, back.
//
// Read by the main thread's event loop. Works without privileges, and under a seccomp filter that
// refuses new sockets, because it keeps its own open. Source: rtnetlink(7), RTNLGRP_LINK.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/capture/link_states.h"

struct mnl_socket;
struct nlmsghdr;

namespace capstan {

// Owns two netlink sockets. One thread.
class LinkWatch {
 public:
  // Throws std::system_error.
  LinkWatch();

  void watch(int interface_index, const std::string& name) { states_.watch(interface_index, name); }
  // Reads the present state of the links; later changes are reported. Call it after the last
  // watch(). Ends even if links appear and vanish all the time. Throws std::system_error.
  void learn();
  // Readable when there are messages to read.
  int descriptor() const noexcept;
  // Returns what changed since the last call; never waits.
  std::vector<LinkEvent> take_events();

  const std::vector<WatchedLink>& links() const noexcept { return states_.links(); }
  // Whether every watched interface is gone. False when none is watched.
  bool all_gone() const noexcept { return states_.all_gone(); }

 private:
  class Socket {
   public:
    explicit Socket(unsigned groups);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    mnl_socket* get() const noexcept { return socket_; }

   private:
    mnl_socket* socket_;
  };

  template <typename Take>
  int ask(int interface_index, Take take);
  int list_links(std::vector<LinkFacts>& links);
  int look_at_all(std::vector<LinkEvent>& events);
  void on_message(const nlmsghdr* header, std::vector<LinkEvent>& events);

  // Two sockets: when too many changes overflow a socket, an answer in that socket is lost with
  // them, including its end mark, and the kernel then refuses a second question with EBUSY.
  Socket changes_;
  Socket questions_;
  LinkStates states_;
  unsigned last_question_ = 0;  // its sequence number
  bool missed_some_ = false;    // changes were lost: the state of all links must be read again
};

}  // namespace capstan
