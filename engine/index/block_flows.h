// BlockFlows: the conversations of one block of a recording, counted packet by packet.
//
// Second step of indexing. Each packet costs one look-up in a table that fits into the processor's
// cache; the larger table of the whole file is touched only once per conversation and block
// (index_builder.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/index/key_hash.h"
#include "engine/index/packet_key.h"

namespace capstan {

// One conversation within one block.
struct BlockFlow {
  PacketKey key;
  std::uint64_t hash = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t bytes[2] = {};  // [0]: sent by ends[0], [1]: by ends[1]
  std::uint32_t packets[2] = {};
  std::uint8_t tcp_flags[2] = {};
  std::uint8_t initiator = 0;
};

// The packets of a block that are in no conversation because a table was full.
struct UnkeyedPackets {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
};

// Used for the blocks of one file, one after another. One thread. Allocates as it grows.
class BlockFlows {
 public:
  explicit BlockFlows(HashSeed seed) : seed_(seed), slots_(kFirstSlots, 0) {}

  // Removes the data of the previous block.
  void begin();
  void add(const KeyedPacket& packet, std::uint64_t timestamp_ns, std::uint32_t wirelen) {
    const std::uint64_t hash = hash_bytes<sizeof(PacketKey)>(&packet.key, seed_);
    BlockFlow& flow = find_or_add(packet, hash, timestamp_ns);
    const unsigned side = packet.from_low ? 0 : 1;
    ++flow.packets[side];
    flow.bytes[side] += wirelen;
    flow.tcp_flags[side] |= packet.tcp_flags;
    if (timestamp_ns < flow.first_ns) flow.first_ns = timestamp_ns;
    if (timestamp_ns > flow.last_ns) flow.last_ns = timestamp_ns;
  }
  void add_unkeyed(std::uint64_t timestamp_ns, std::uint32_t wirelen) noexcept {
    if (unkeyed_.packets == 0 || timestamp_ns < unkeyed_.first_ns) {
      unkeyed_.first_ns = timestamp_ns;
    }
    if (timestamp_ns > unkeyed_.last_ns) unkeyed_.last_ns = timestamp_ns;
    ++unkeyed_.packets;
    unkeyed_.bytes += wirelen;
  }

  // In order of first appearance.
  const std::vector<BlockFlow>& flows() const noexcept { return flows_; }
  const UnkeyedPackets& unkeyed() const noexcept { return unkeyed_; }

 private:
  static constexpr std::size_t kFirstSlots = 4096;

  // A slot holds the upper half of the hash and, in its lower half, 1 + the index into flows_.
  BlockFlow& find_or_add(const KeyedPacket& packet, std::uint64_t hash,
                         std::uint64_t timestamp_ns) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at] != 0) {
      if (((slots_[at] ^ hash) >> 32) == 0) {
        BlockFlow& flow = flows_[static_cast<std::uint32_t>(slots_[at]) - 1];
        if (flow.key == packet.key) return flow;
      }
      at = (at + 1) & mask;
    }
    BlockFlow& flow = flows_.emplace_back();
    slots_[at] = (hash & ~std::uint64_t{0xffffffff}) | flows_.size();
    flow.key = packet.key;
    flow.hash = hash;
    flow.first_ns = flow.last_ns = timestamp_ns;
    flow.initiator = packet.from_low ? 0 : 1;
    if (flows_.size() * 2 > slots_.size()) grow();
    return flows_.back();
  }
  void grow();

  HashSeed seed_;
  std::vector<std::uint64_t> slots_;
  std::vector<BlockFlow> flows_;
  UnkeyedPackets unkeyed_;
};

}  // namespace capstan
