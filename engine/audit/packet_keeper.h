// PacketKeeper: copies of the packets of sessions under audit, for evidence. Bounded.
//
// Kept only when evidence was asked for, and only while a session is being read: what lies behind
// the last byte examined is never written out. Copies may hold secrets: they live in a BufferPool
// and are wiped when their session ends.
#pragma once

#include <vector>

#include "engine/audit/facts.h"
#include "engine/flow/buffer_pool.h"
#include "engine/flow/transport.h"

namespace capstan::audit {

// One packet, and where its payload lies in its direction's stream.
struct KeptPacket {
  std::span<std::uint8_t> buffer;  // of the pool
  std::uint32_t caplen = 0;        // bytes of it
  std::uint32_t wirelen = 0;
  std::uint64_t timestamp_ns = 0;
  std::uint32_t ip_offset = 0;
  std::uint32_t payload_offset = 0;  // in the packet; behind its TCP or UDP header
  std::uint32_t payload_bytes = 0;
  std::uint64_t stream_offset = 0;  // of the payload's first byte; as the flow counts it
  std::uint16_t link_type = 0;
  std::uint8_t header_bytes = 0;  // of that header
  Side flow_side = Side::kClient;
  bool before_stream = false;  // its payload lies before the first byte of the stream
};

struct KeptPackets {
  std::vector<KeptPacket> packets;
  std::uint64_t not_kept = 0;  // for want of room
};

class PacketKeeper {
 public:
  static constexpr std::size_t kMaxPackets = 64;  // of one session

  explicit PacketKeeper(std::size_t capacity_bytes) : pool_(capacity_bytes) {}

  void keep(const PacketView& view, const TransportPacket& packet, Side flow_side,
            std::uint64_t stream_offset, bool before_stream, KeptPackets& kept);
  // Wipes and gives back.
  void release(KeptPackets& kept) noexcept;

 private:
  BufferPool pool_;
};

}  // namespace capstan::audit
