// Warnings before the first packet about properties of the recording that may surprise later. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/capture/capture.h"

namespace capstan::tools {

// The largest packets that an interface may deliver.
struct PacketSizes {
  std::string interface_name;
  std::uint32_t mtu = 0;               // bytes; 0: not known
  std::uint32_t largest_segments = 0;  // bytes, joined by GRO or not yet split by GSO; 0: not known
};

// A warning if packets may be larger than a ring's block, which cuts them. Empty if a block holds
// all that may come, or all that is kept of a packet (the snap length).
std::string cut_packets_note(const RingInfo& ring, std::uint32_t snaplen, const PacketSizes& sizes);

// A warning if one pcapng file will hold interfaces of several link types, which programs based on
// libpcap refuse. Empty if there is one link type.
std::string link_types_note(const std::vector<RingInfo>& rings);

// One sentence for each ring that got less memory than requested.
std::vector<std::string> memory_notes(const std::vector<RingInfo>& rings);

// cut_packets_note() and link_types_note() for all rings of a recording. `sizes`: returns the sizes
// of an interface. `one_file`: all rings go into one pcapng file (classic pcap cannot hold several
// link types, and its writer refuses them).
std::vector<std::string> packet_notes(
    const std::vector<RingInfo>& rings, std::uint32_t snaplen,
    const std::function<PacketSizes(const std::string& interface_name)>& sizes, bool one_file);

}  // namespace capstan::tools
