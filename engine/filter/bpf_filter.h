// Compiles filter text to classic BPF with libpcap. The only file of the engine's capture side that
// includes pcap.h.
//
// Compiled with a live handle of the interface, because only then libpcap knows that the kernel has
// removed VLAN tags from the packets and generates loads of SKF_AD_VLAN_TAG for 'vlan'; with a dead
// handle the same text compiles to code that never matches.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/block/slot_kind.h"
#include "engine/filter/filter_error.h"

namespace capstan {

struct CompiledFilter {
  std::vector<sock_filter> program;  // returns the snap length for accepted packets; never empty
  std::uint16_t link_type = 0;       // LINKTYPE_ number of the interface's packets
  SlotKind slot_kind = SlotKind::kEthernet;
  // libpcap's handle of the interface. The kernel takes about 30 ms to close it (it waits until no
  // CPU can be delivering to it: synchronize_net() in packet_release(), net/packet/af_packet.c), so
  // keep it until there is time for that.
  std::shared_ptr<void> handle;
};

// Opens the interface briefly through libpcap and compiles `text` (empty: accept everything) so
// that accepted packets are cut to `snaplen` bytes. For "any" and other cooked devices the program
// reads LINUX_SLL2 fields through the kernel's ancillary loads.
// Throws FilterError for text that does not compile or cannot run in the kernel, std::system_error
// or std::runtime_error when the interface cannot be opened.
CompiledFilter compile_filter(const std::string& interface_name, const std::string& text,
                              std::uint32_t snaplen);

// Inserts code in front of `program` that rejects packets sent by interface `loopback_index`;
// otherwise "any" would show each loopback packet twice.
void reject_outgoing_of(std::vector<sock_filter>& program, int loopback_index);

}  // namespace capstan
