// PacketKeeper: keeps copies of the packets of audited sessions as evidence, in bounded memory.
//
// Packets are kept only when evidence was requested, and only while a session is being read: bytes
// after the last byte examined are never written out. Copies may hold secrets: they are stored in a
// BufferPool and wiped when their session ends.
#pragma once

#include <vector>

#include "engine/audit/facts.h"
#include "engine/flow/buffer_pool.h"
#include "engine/flow/transport.h"

namespace capstan::audit {

// One packet, and the position of its payload in the stream of its direction.
struct KeptPacket {
  std::span<std::uint8_t> buffer;  // a buffer of the pool
  std::uint32_t caplen = 0;        // bytes used in it
  std::uint32_t wirelen = 0;
  std::uint64_t timestamp_ns = 0;
  std::uint32_t ip_offset = 0;
  std::uint32_t payload_offset = 0;  // offset in the packet, after its TCP or UDP header
  std::uint32_t payload_bytes = 0;
  std::uint64_t stream_offset = 0;  // of the payload's first byte, in the flow's count
  std::uint16_t link_type = 0;
  std::uint8_t header_bytes = 0;  // length of the TCP or UDP header
  Side flow_side = Side::kClient;
  bool before_stream = false;  // the payload is from before the first byte of the stream
};

struct KeptPackets {
  std::vector<KeptPacket> packets;
  std::uint64_t not_kept = 0;  // packets not kept, mostly because there was no room
};

class PacketKeeper {
 public:
  static constexpr std::size_t kMaxPackets = 64;  // per session

  explicit PacketKeeper(std::size_t capacity_bytes) : pool_(capacity_bytes) {}

  void keep(const PacketView& view, const TransportPacket& packet, Side flow_side,
            std::uint64_t stream_offset, bool before_stream, KeptPackets& kept);
  // Wipes the copies and returns their buffers.
  void release(KeptPackets& kept) noexcept;

 private:
  BufferPool pool_;
};

}  // namespace capstan::audit
