// Any bytes as sealed blocks: every packet handed out lies inside the bytes, the walk ends, and the
// offsets never go back.
#include <cstddef>
#include <cstdint>

#include "engine/block/packet_walk.h"
#include "engine/core/check.h"

namespace {

template <typename Order>
void walk(std::span<const std::uint8_t> bytes) {
  using namespace capstan;
  const std::uint16_t link_types[] = {1, 276};
  BasicPacketWalk<Order> packets(bytes, link_types);
  PacketView packet;
  std::size_t at = 0;
  unsigned sum = 0;
  while (true) {
    const WalkStep step = packets.step(packet);
    CAPSTAN_CHECK(packets.offset() >= at, packets.offset(), at);
    if (step == WalkStep::kEnd) break;
    at = packets.offset() + packets.block().size();
    CAPSTAN_CHECK(packets.block().size() >= pcapng::kMinBlockBytes && at <= bytes.size(), at);
    if (step == WalkStep::kBlock) continue;
    CAPSTAN_CHECK(packet.data >= bytes.data() + packets.offset());
    CAPSTAN_CHECK(packet.data + packet.caplen <= bytes.data() + at);
    CAPSTAN_CHECK(packet.wirelen >= packet.caplen, packet.wirelen, packet.caplen);
    for (std::uint32_t i = 0; i < packet.caplen; ++i) sum += packet.data[i];
  }
  CAPSTAN_CHECK(packets.end() != WalkEnd::kRunning, sum);
  CAPSTAN_CHECK(packets.end() != WalkEnd::kComplete || packets.offset() == bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  walk<capstan::NativeOrder>({data, size});
  walk<capstan::SwappedOrder>({data, size});
  return 0;
}
