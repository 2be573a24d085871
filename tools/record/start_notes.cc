#include "tools/record/start_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "engine/capture/ring_layout.h"
#include "engine/filter/packet_filter.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

// An Ethernet head and a VLAN tag, which no MTU counts.
constexpr std::uint32_t kLinkHeadBytes = 18;
// What GSO and GRO put together where the kernel does not say (GSO_LEGACY_MAX_SIZE, netdevice.h).
constexpr std::uint32_t kUsualSegments = 65536;

}  // namespace

std::string cut_packets_note(const RingInfo& ring, std::uint32_t snaplen,
                             const PacketSizes& sizes) {
  const std::uint32_t segments =
      sizes.largest_segments == 0 ? kUsualSegments : sizes.largest_segments;
  const std::uint32_t largest = std::max(sizes.mtu, segments) + kLinkHeadBytes;
  const std::uint32_t holds = largest_packet_bytes(ring.block_size_bytes);
  if (std::min(largest, snaplen) <= holds) return {};
  const std::uint64_t enough =
      std::bit_ceil(std::uint64_t{largest} +
                    (ring.block_size_bytes - largest_packet_bytes(ring.block_size_bytes)));
  return fmt::format(
      "{}: a ring block of {} holds packets of {} bytes, and larger ones may come (MTU {}, "
      "segments "
      "put together up to {}): those are cut, and counted. --block-size {}K holds them all",
      ring.interface_name, human_bytes(ring.block_size_bytes), grouped(holds),
      sizes.mtu == 0 ? "not known" : grouped(sizes.mtu), grouped(segments), enough >> 10);
}

std::string link_types_note(const std::vector<RingInfo>& rings) {
  const auto other = std::find_if(rings.begin(), rings.end(), [&](const RingInfo& ring) {
    return ring.link_type != rings.front().link_type;
  });
  if (other == rings.end()) return {};
  return fmt::format(
      "{} is {} and {} is {}: tcpdump and other programs on libpcap refuse a file of several link "
      "types (Wireshark, tshark and capstan read it). --split-rings makes one of each",
      rings.front().interface_name, link_type_name(rings.front().link_type), other->interface_name,
      link_type_name(other->link_type));
}

std::vector<std::string> memory_notes(const std::vector<RingInfo>& rings) {
  std::vector<std::string> notes;
  for (const RingInfo& ring : rings) {
    if (ring.ring_size_bytes >= ring.asked_size_bytes) continue;
    notes.push_back(fmt::format("{}: there is no memory for a ring of {}, got {} ({} blocks)",
                                ring.interface_name, human_bytes(ring.asked_size_bytes),
                                human_bytes(ring.ring_size_bytes), ring.block_count));
  }
  return notes;
}

std::vector<std::string> packet_notes(
    const std::vector<RingInfo>& rings, std::uint32_t snaplen,
    const std::function<PacketSizes(const std::string& interface_name)>& sizes, bool one_file) {
  std::vector<std::string> notes;
  for (const RingInfo& ring : rings) {
    if (ring.ring_of_interface != 0) continue;
    notes.push_back(cut_packets_note(ring, snaplen, sizes(ring.interface_name)));
  }
  if (one_file) notes.push_back(link_types_note(rings));
  std::erase(notes, std::string());
  return notes;
}

}  // namespace capstan::tools
