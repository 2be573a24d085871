// Any bytes as a packet of any link type: its slot exists, is found within what is captured, and
// both directions of a plain TCP conversation have the one that its ends have.
//
// Input: link type (an index), packet.
#include <iterator>
#include <vector>

#include "engine/core/check.h"
#include "engine/flow/transport.h"
#include "tools/text/flow_slot.h"

namespace {

constexpr std::uint32_t kNoType = ~std::uint32_t{0};

struct Link {
  std::uint16_t type;
  std::uint32_t head_bytes;         // in front of the IP header when nothing lies between
  std::uint32_t type_at = kNoType;  // where the head says what follows
};
constexpr Link kLinks[] = {{1, 14, 12}, {0, 4},   {101, 0}, {108, 4}, {113, 16, 14}, {276, 20, 0},
                           {228, 0},    {229, 0}, {9, 4},   {50, 4},  {105, 0},      {147, 0}};

// Not where the head names one version of IP and the packet the other: there is no right answer.
bool agrees_with_head(const Link& link, const std::vector<std::uint8_t>& bytes,
                      const capstan::TransportPacket& packet) {
  if (link.type_at == kNoType) return true;
  return (bytes[link.type_at] == 0x08) == (packet.ip_version == 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan;
  if (size == 0) return 0;
  const Link& link = kLinks[data[0] % std::size(kLinks)];
  // Of exactly this size, so that a read past the end is seen.
  const std::vector<std::uint8_t> bytes(data + 1, data + size);
  PacketView view;
  view.data = bytes.data();
  view.caplen = view.wirelen = static_cast<std::uint32_t>(bytes.size());
  view.link_type = link.type;
  const PacketSlot found = packet_slot(view);
  CAPSTAN_CHECK(found.slot < kFlowSlots, found.slot);
  const std::optional<TransportPacket> packet = read_transport(view);
  // Tunnels and tags are followed by both, but what is damaged ends in different places.
  if (!packet || !found.certain || packet->is_fragment || packet->protocol != kProtocolTcp ||
      packet->ip_offset != link.head_bytes || !agrees_with_head(link, bytes, *packet)) {
    return 0;
  }
  const std::size_t address_bytes = packet->ip_version == 4 ? 4 : 16;
  const std::uint8_t* const source = packet->source.data();
  const std::uint8_t* const destination = packet->destination.data();
  const std::uint32_t there =
      flow_slot(source, destination, address_bytes, packet->source_port, packet->destination_port);
  const std::uint32_t back =
      flow_slot(destination, source, address_bytes, packet->destination_port, packet->source_port);
  CAPSTAN_CHECK(there == back, there, back);
  CAPSTAN_CHECK(found.slot == there, found.slot, there);
  return 0;
}
