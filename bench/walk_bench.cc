// Walking sealed blocks: packets per second on one core, over blocks shaped as Capstan seals them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/block/packet_walk.h"

namespace {

using namespace capstan;

void append(std::vector<std::uint8_t>& to, const void* from, std::size_t size) {
  const auto* bytes = static_cast<const std::uint8_t*>(from);
  to.insert(to.end(), bytes, bytes + size);
}

// One packet with the options of the in-place layout: flags, queue, filler.
void append_packet(std::vector<std::uint8_t>& to, std::uint32_t size, std::uint32_t number) {
  const auto padded = static_cast<std::uint32_t>(pcapng::padded4(size));
  const std::uint32_t length = 28 + padded + 8 + 8 + 4 + 16 + 4;
  const pcapng::EnhancedPacketHead head{
      pcapng::kEnhancedPacketBlock, length, 0, 0x17000000, number, size, size};
  append(to, &head, sizeof(head));
  to.resize(to.size() + padded, 0x5A);
  const std::uint32_t flags = pcapng::kEpbInbound;
  const std::uint32_t queue = 0;
  const pcapng::OptionHeader options[] = {
      {pcapng::kEpbFlags, 4}, {pcapng::kEpbQueue, 4}, {pcapng::kOptCapstanFiller, 16}};
  append(to, &options[0], 4);
  append(to, &flags, 4);
  append(to, &options[1], 4);
  append(to, &queue, 4);
  append(to, &options[2], 4);
  to.resize(to.size() + 16);
  append(to, &length, 4);
}

// Packets of `state.range(0)` bytes in `state.range(1)` KiB of blocks.
void walk_packets(benchmark::State& state) {
  const auto size = static_cast<std::uint32_t>(state.range(0));
  const auto block_bytes = static_cast<std::size_t>(state.range(1)) << 10;
  std::vector<std::uint8_t> bytes;
  std::int64_t packets = 0;
  while (bytes.size() < block_bytes)
    append_packet(bytes, size, static_cast<std::uint32_t>(packets++));
  const std::uint16_t link_types[] = {link_type::kEthernet};
  for (auto _ : state) {
    PacketWalk walk(bytes, link_types);
    PacketView packet;
    std::uint64_t sum = 0;
    while (walk.next(packet)) sum += packet.caplen + static_cast<std::uint64_t>(packet.direction);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * packets);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
// 256 KiB stay in the L2 cache; 64 MiB come from memory.
BENCHMARK(walk_packets)->ArgsProduct({{60, 594, 1514}, {256, 65536}})->ArgNames({"bytes", "KiB"});

}  // namespace

BENCHMARK_MAIN();
