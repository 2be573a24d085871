// Any fragments in any order: a datagram put together holds only bytes that were sent for it, at
// the places they were sent for, and no memory stays behind.
//
// Input: bit 0 of the first byte: a pool of two buffers. Then fragments: id, flags (bit 0 more
// follow, bit 1 TCP, the rest seconds since the one before), offset (2), length, so many bytes.
#include <algorithm>
#include <set>
#include <vector>

#include "engine/core/check.h"
#include "engine/flow/ip_fragments.h"

namespace {

using namespace capstan;

// One byte of a datagram and its place, as one number.
std::uint64_t byte_at(const TransportPacket& packet, std::size_t offset, std::uint8_t value) {
  return (std::uint64_t{packet.fragment.id} << 1 | (packet.protocol == kProtocolTcp ? 1U : 0U))
             << 32 |
         offset << 8 | value;
}

void check_whole(const TransportPacket& whole, const std::set<std::uint64_t>& sent) {
  CAPSTAN_CHECK(!whole.is_fragment);
  CAPSTAN_CHECK(whole.ip_payload.size() <= BufferPool::kLargest, whole.ip_payload.size());
  for (std::size_t i = 0; i < whole.ip_payload.size(); ++i) {
    CAPSTAN_CHECK(sent.contains(byte_at(whole, i, whole.ip_payload[i])), i);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHeadBytes = 5;
  if (size == 0) return 0;
  BufferPool pool((data[0] & 1) != 0 ? 2 * BufferPool::kLargest : std::size_t{2} << 20);
  {
    IpFragments fragments(pool);
    std::set<std::uint64_t> sent;
    std::uint64_t added = 0;
    std::uint64_t now_ns = 0;
    ++data;
    --size;
    while (size >= kHeadBytes) {
      TransportPacket packet;
      packet.ip_version = 4;
      packet.is_fragment = true;
      packet.protocol = (data[1] & 2) != 0 ? kProtocolTcp : kProtocolUdp;
      now_ns += std::uint64_t{data[1]} / 4 * 1'000'000'000;
      const std::uint32_t offset = (std::uint32_t{data[2]} << 8 | data[3]) & 0xfff8U;
      packet.fragment = {data[0], offset, (data[1] & 1) != 0};
      const std::size_t length = std::min<std::size_t>(data[4], size - kHeadBytes);
      // Of exactly this size, so that a read past the end is seen.
      const std::vector<std::uint8_t> piece(data + kHeadBytes, data + kHeadBytes + length);
      packet.ip_payload = piece;
      for (std::size_t i = 0; i < length; ++i) sent.insert(byte_at(packet, offset + i, piece[i]));
      TransportPacket whole;
      ++added;
      if (fragments.add(packet, now_ns, whole)) {
        check_whole(whole, sent);
        Unseen unseen;
        const std::span<const std::uint8_t> datagram = whole.ip_payload;
        if (read_reassembled(datagram, whole, unseen)) {
          CAPSTAN_CHECK(whole.payload.size() <= datagram.size(), whole.payload.size());
        }
      }
      CAPSTAN_CHECK(fragments.completed() + fragments.dropped() <= added, fragments.completed(),
                    fragments.dropped(), added);
      data += kHeadBytes + length;
      size -= kHeadBytes + length;
    }
  }
  CAPSTAN_CHECK(pool.used_bytes() == 0, pool.used_bytes());
  return 0;
}
