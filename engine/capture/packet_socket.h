// PacketSocket: an AF_PACKET socket and its options, one method per step, for an order in which no
// unwanted packet gets in (socket with protocol 0, ring, reject-all filter, bind, fanout,
// promiscuous, real filter, lock).
//
// Used by capture.cc only, which calls the steps in order. Source: packet(7),
// net/packet/af_packet.c.
#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <cstdint>
#include <span>
#include <string>

#include "engine/capture/ring_layout.h"
#include "engine/core/unique_fd.h"

namespace capstan {
// What the kernel counted since the counters were last read; reading clears them.
struct SocketStatistics {
  std::uint32_t received = 0;  // packets accepted by the filter, including the dropped ones
  std::uint32_t dropped = 0;   // those of them that were dropped because the ring was full
  std::uint32_t freezes = 0;   // times the ring became full
};

// Owns the socket. One thread at a time. Every failure throws std::system_error, naming the
// interface, the operation and how to fix the problem.
class PacketSocket {
 public:
  // Opens a socket that receives nothing yet. `cooked` means SOCK_DGRAM: link headers are not
  // stored.
  PacketSocket(std::string interface_name, bool cooked);

  void use_tpacket_v3();
  void reserve(std::uint32_t bytes);
  // Asks for timestamps of the network adapter; where it has none, the kernel's are used.
  void use_hardware_timestamps();
  // Only switches the adapter's timestamps on. False when that failed.
  [[nodiscard]] bool try_switch_hardware_timestamps_on() noexcept;
  void ignore_outgoing();
  // Sets the ring up. When memory is refused, tries fewer blocks: reduces `layout` in steps of an
  // eighth down to `minimum_blocks`; afterwards `layout` says what the kernel gave.
  void set_up_ring(RingLayout& layout, std::uint32_t minimum_blocks);
  void attach_filter(std::span<const sock_filter> program);
  void attach_reject_all_filter();
  // Afterwards nobody, this process included, can change the filter.
  void lock_filter();
  // Starts receiving every protocol from interface `index` (0: all interfaces).
  void bind_to(int index);
  // Makes a fanout group that no other program uses, joins it, and returns its number.
  std::uint16_t found_fanout(std::uint16_t mode);
  void join_fanout(std::uint16_t group, std::uint16_t mode);
  void enter_promiscuous_mode(int index);

  // Ends reception permanently: binds to an ethertype that no packet has. False in a fanout group,
  // whose members the kernel does not rebind (packet_do_bind: EINVAL), or when the interface is
  // gone.
  [[nodiscard]] bool try_stop_reception(int index) noexcept;

  // Reads and clears the kernel's counters. Only one thread may call this.
  SocketStatistics take_statistics() noexcept;
  // Reads and clears the pending error of the socket: ENETDOWN when the interface went down; 0 when
  // there is none.
  int take_error() noexcept;

  int descriptor() const noexcept { return fd_.get(); }
  const std::string& interface_name() const noexcept { return interface_name_; }

 private:
  void set_option(int level, int option, const void* value, std::uint32_t size,
                  std::string_view what, std::string_view mend = {});

  std::string interface_name_;
  UniqueFd fd_;
};

}  // namespace capstan
