// PacketSocket: an AF_PACKET socket and its options, one method a step, in the order that lets no
// foreign packet in (design: socket with protocol 0, ring, reject-all filter, bind, fanout,
// promiscuous, real filter, lock).
//
// Used by capture.cc alone, which knows the order. Source: packet(7), net/packet/af_packet.c.
#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <cstdint>
#include <span>
#include <string>

#include "engine/capture/ring_layout.h"
#include "engine/core/unique_fd.h"

namespace capstan {
// What the kernel counted since the counters were last read: reading clears them.
struct SocketStatistics {
  std::uint32_t received = 0;  // packets the filter passed, dropped ones included
  std::uint32_t dropped = 0;   // of them, those that found the ring full
  std::uint32_t freezes = 0;   // times the ring became full
};

// Owns the socket. One thread at a time. Every failure throws std::system_error naming interface,
// operation and mend.
class PacketSocket {
 public:
  // Opens a socket that receives nothing yet. Cooked means SOCK_DGRAM: link headers are not stored.
  PacketSocket(std::string interface_name, bool cooked);

  void use_tpacket_v3();
  void reserve(std::uint32_t bytes);
  // Asks for the network adapter's own timestamps; the kernel's are used where it has none.
  void use_hardware_timestamps();
  // The adapter's part of it alone.
  [[nodiscard]] bool try_switch_hardware_timestamps_on() noexcept;
  void ignore_outgoing();
  // Sets the ring up, with fewer blocks when memory is refused: shrinks `layout` in steps of an
  // eighth down to `minimum_blocks` and leaves there what it got.
  void set_up_ring(RingLayout& layout, std::uint32_t minimum_blocks);
  void attach_filter(std::span<const sock_filter> program);
  void attach_reject_all_filter();
  // No one, this process included, can change the filter afterwards.
  void lock_filter();
  // Starts reception of every protocol from interface `index` (0: all interfaces).
  void bind_to(int index);
  // Makes a fanout group that no other program has, and joins it; its number.
  std::uint16_t found_fanout(std::uint16_t mode);
  void join_fanout(std::uint16_t group, std::uint16_t mode);
  void enter_promiscuous_mode(int index);

  // Ends reception for good: binds to an ethertype that carries nothing. False in a fanout group,
  // whose members the kernel does not let go (packet_do_bind: EINVAL), or when the interface is
  // gone.
  [[nodiscard]] bool try_stop_reception(int index) noexcept;

  // Reads and clears the kernel's counters. One thread must own this.
  SocketStatistics take_statistics() noexcept;
  // Reads and clears the pending error: ENETDOWN when the interface went down; else 0.
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
