// SentCounter: how many frames have left an interface and how many it refused, according to the
// kernel's counters.
//
// Used by both engines, because generated frames are not always sent. When the other end of a veth
// does not receive in NAPI mode, an XDP frame vanishes without being counted (drivers/net/veth.c,
// veth_xdp_xmit).
#pragma once

#include <cstdint>

#include "engine/core/unique_fd.h"
#include "tools/traffic/link.h"

namespace capstan::traffic {

struct SentCounts {
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;  // dropped by the interface, which counts them
};

enum class SentBy {
  kXdp,     // frames redirected by an XDP program; excludes other traffic of a veth
  kPacket,  // a packet socket; includes frames of other programs at the same time
};

// Counts from its construction on. One thread. If several generators use one interface at the same
// time, each counts the frames of all.
class SentCounter {
 public:
  // Throws std::system_error when the interface does not exist any more.
  SentCounter(const LinkInfo& link, SentBy by);

  SentCounts counts() const;

  // Reads the counters until `made` frames are accounted for, sent or refused, for at most
  // `milliseconds`; returns the last values.
  SentCounts wait_for(std::uint64_t made, int milliseconds) const;

  // Waits until the other end of a veth has received what was sent to it: its counters have reached
  // `made` and do not change. At most `milliseconds`.
  void wait_until_fetched(std::uint64_t made, int milliseconds) const;

  // Whether frames missing in counts() have certainly not been sent: true for virtual links, which
  // count while sending. The driver of a hardware adapter may count late, or not at all.
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
