#include "engine/audit/packet_keeper.h"

#include <string.h>

#include <algorithm>

namespace capstan::audit {

void PacketKeeper::keep(const PacketView& view, const TransportPacket& packet, Side flow_side,
                        std::uint64_t stream_offset, bool before_stream, KeptPackets& kept) {
  const std::uint8_t* const end = view.data + view.caplen;
  const std::uint8_t* const payload = packet.payload.data();
  // A datagram put together from fragments does not lie in this packet: no evidence of it.
  const bool inside = payload >= view.data && payload <= end;
  if (kept.packets.size() == kMaxPackets || view.caplen > BufferPool::kLargest || !inside) {
    ++kept.not_kept;
    return;
  }
  KeptPacket copy;
  copy.buffer = pool_.allocate(std::max<std::uint32_t>(view.caplen, 1));
  if (copy.buffer.empty()) {
    ++kept.not_kept;
    return;
  }
  ::memcpy(copy.buffer.data(), view.data, view.caplen);
  copy.caplen = view.caplen;
  copy.wirelen = view.wirelen;
  copy.timestamp_ns = view.timestamp_ns;
  copy.ip_offset = packet.ip_offset;
  copy.payload_bytes = static_cast<std::uint32_t>(packet.payload.size());
  copy.payload_offset = static_cast<std::uint32_t>(payload - view.data);
  copy.header_bytes = packet.header_bytes;
  copy.stream_offset = stream_offset;
  copy.link_type = view.link_type;
  copy.flow_side = flow_side;
  copy.before_stream = before_stream;
  kept.packets.push_back(copy);
}

void PacketKeeper::release(KeptPackets& kept) noexcept {
  for (KeptPacket& packet : kept.packets) pool_.release(packet.buffer, packet.caplen);
  kept.packets.clear();
}

}  // namespace capstan::audit
