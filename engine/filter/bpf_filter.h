// Filter text to classic BPF, by libpcap. The only file of the engine's capture side that includes
// pcap.h.
//
// Compiled against a live handle of the interface, because only there libpcap knows that the kernel
// has taken VLAN tags out of the packets and generates loads of SKF_AD_VLAN_TAG for 'vlan'; against
// a dead handle the same text compiles to code that never matches.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/block/slot_kind.h"

namespace capstan {

struct CompiledFilter {
  std::vector<sock_filter> program;  // accepts with the snap length, never empty
  std::uint16_t link_type = 0;       // LINKTYPE_ of what the interface will give
  SlotKind slot_kind = SlotKind::kEthernet;
  // libpcap's handle of the interface. The kernel takes some 30 ms to close one (it waits until no
  // CPU can be delivering to it: synchronize_net() in packet_release(), net/packet/af_packet.c), so
  // whoever is in a hurry keeps it until there is time.
  std::shared_ptr<void> handle;
};

// Opens the interface for a moment through libpcap and compiles `text` (empty: everything) so that
// accepted packets are cut to `snaplen` bytes. For "any" and other cooked devices the program reads
// LINUX_SLL2 fields through the kernel's ancillary loads.
// Throws UsageError for text that does not compile or cannot be run in the kernel,
// std::system_error or std::runtime_error when the interface cannot be opened.
CompiledFilter compile_filter(const std::string& interface_name, const std::string& text,
                              std::uint32_t snaplen);

// Puts code in front of `program` that rejects what interface `loopback_index` sends: "any" would
// show each loopback packet twice.
void reject_outgoing_of(std::vector<sock_filter>& program, int loopback_index);

}  // namespace capstan
