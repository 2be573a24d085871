// What is worth saying before the first packet: what of this recording will surprise later. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/capture/capture.h"

namespace capstan::tools {

// How large packets of one interface may come.
struct PacketSizes {
  std::string interface_name;
  std::uint32_t mtu = 0;               // 0: not known
  std::uint32_t largest_segments = 0;  // put together by GRO, or not cut yet by GSO; 0: not known
};

// A block cuts what it cannot hold. Empty when it holds all that may come, or all that is kept of
// it (the snap length).
std::string cut_packets_note(const RingInfo& ring, std::uint32_t snaplen, const PacketSizes& sizes);

// One pcapng file of interfaces with several link types: programs on libpcap refuse it. Empty when
// there is one link type.
std::string link_types_note(const std::vector<RingInfo>& rings);

// Rings that got less memory than was asked for, a sentence each.
std::vector<std::string> memory_notes(const std::vector<RingInfo>& rings);

// The two above for all rings of a recording. `sizes`: of an interface's packets. `one_file`: all
// rings go into one pcapng file; classic pcap cannot hold several link types, and its writer
// refuses them.
std::vector<std::string> packet_notes(
    const std::vector<RingInfo>& rings, std::uint32_t snaplen,
    const std::function<PacketSizes(const std::string& interface_name)>& sizes, bool one_file);

}  // namespace capstan::tools
