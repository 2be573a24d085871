// SentCounter: how many frames have left an interface, and how many it refused, as the kernel
// counts them.
//
// Used by both engines: what a generator made is not what was sent. An XDP frame that finds a
// veth's other end not receiving in NAPI vanishes and no counter moves (drivers/net/veth.c,
// veth_xdp_xmit).
#pragma once

#include <cstdint>

#include "engine/core/unique_fd.h"
#include "tools/traffic/link.h"

namespace capstan::traffic {

struct SentCounts {
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;  // dropped by the interface, which says so
};

enum class SentBy {
  kXdp,     // frames redirected by an XDP program; other traffic of a veth is not among them
  kPacket,  // a packet socket: other programs' frames of the same time count too
};

// Counts from its making on. One thread. Where several generators use one interface at once each
// sees the frames of all.
class SentCounter {
 public:
  // Throws std::system_error when the interface is gone.
  SentCounter(const LinkInfo& link, SentBy by);

  SentCounts counts() const;

  // Looks until `made` frames are accounted for, sent or refused, `milliseconds` at most; what it
  // saw last.
  SentCounts wait_for(std::uint64_t made, int milliseconds) const;

  // Waits until the other end of a veth has fetched what was sent to it: its counters have come up
  // to `made` and stand still. `milliseconds` at most.
  void wait_until_fetched(std::uint64_t made, int milliseconds) const;

  // What is missing in counts() has not left: true of virtual links, which count as they send. A
  // driver of a real adapter may count late, or not at all.
  bool is_certain() const noexcept { return certain_; }

 private:
  SentCounts read() const;
  bool read_xdp(SentCounts& counts) const;

  int ifindex_;
  bool certain_;
  bool own_ = false;  // only XDP frames are counted
  UniqueFd socket_;   // for ethtool requests
  SentCounts before_;
  std::uint64_t packets_before_;
};

}  // namespace capstan::traffic
