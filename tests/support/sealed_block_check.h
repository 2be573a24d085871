// Checks a sealed block byte by byte with a parser of its own: every byte must belong to a field
// that is known, and padding and filler must be zero, so that nothing left over can hide.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/block/packet_walk.h"
#include "engine/capture/seal.h"
#include "engine/format/block_head.h"
#include "engine/format/pcapng.h"
#include "tests/support/stored_packet.h"

namespace capstan::test {

struct SealedContent {
  BlockHead head{};
  std::uint32_t statistics_interface = 0;
  std::uint64_t statistics_time_ns = 0;
  std::uint64_t statistics_received = 0;
  std::uint64_t statistics_dropped = 0;
  std::vector<StoredPacket> packets;
  std::vector<std::uint32_t> interface_ids;
  std::vector<std::uint32_t> flags;   // 0xFFFFFFFF where the option is missing
  std::vector<std::uint32_t> queues;  // the same
  std::vector<std::uint64_t> dropcount;
  std::string problem;  // empty when every byte is accounted for
};

template <typename T>
T load(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline bool all_zero(const std::uint8_t* from, const std::uint8_t* to) {
  for (; from < to; ++from) {
    if (*from != 0) return false;
  }
  return true;
}

// The options from `at` to `end`, both multiples of 4. Appends what it finds to `content`.
inline std::string read_packet_options(const std::uint8_t* at, const std::uint8_t* end,
                                       SealedContent& content) {
  content.flags.push_back(0xFFFFFFFF);
  content.queues.push_back(0xFFFFFFFF);
  content.dropcount.push_back(0);
  if (at == end) return "";
  while (true) {
    if (end - at < 4) return "no end of options";
    const auto code = load<std::uint16_t>(at);
    const auto length = load<std::uint16_t>(at + 2);
    at += 4;
    if (code == pcapng::kOptEndOfOptions) {
      if (length != 0) return "an end of options with a length";
      return all_zero(at, end) ? "" : "bytes that are not zero behind the end of options";
    }
    const auto padded = static_cast<std::ptrdiff_t>(pcapng::padded4(length));
    if (padded > end - at) return "an option that overruns its block";
    if (code == pcapng::kEpbFlags && length == 4) {
      content.flags.back() = load<std::uint32_t>(at);
    } else if (code == pcapng::kEpbQueue && length == 4) {
      content.queues.back() = load<std::uint32_t>(at);
    } else if (code == pcapng::kEpbDropCount && length == 8) {
      content.dropcount.back() = load<std::uint64_t>(at);
    } else if (code == pcapng::kOptCapstanFiller) {
      if (!all_zero(at, at + padded)) return "a filler that is not zero";
    } else {
      return "an option of unknown code " + std::to_string(code);
    }
    at += padded;
  }
}

inline std::string read_prologue(std::span<const std::uint8_t> bytes, SealedContent& content,
                                 std::size_t& offset) {
  content.head = load<BlockHead>(bytes.data());
  const std::uint32_t head_bytes = content.head.total_length;
  if (content.head.type != pcapng::kCapstanBlockHead) return "no block head";
  if (head_bytes % 4 != 0 || head_bytes < sizeof(BlockHead) + 4 || head_bytes + 52 > bytes.size()) {
    return "a block head of a wrong length";
  }
  if (content.head.magic != kBlockHeadMagic) return "a block head without its magic";
  if (load<std::uint32_t>(&bytes[head_bytes - 4]) != head_bytes) return "a wrong head trailer";
  if (!all_zero(&bytes[sizeof(BlockHead)], &bytes[head_bytes - 4])) {
    return "a block head with something behind its fields";
  }
  const std::uint8_t* at = &bytes[head_bytes];
  if (load<std::uint32_t>(at) != pcapng::kInterfaceStatisticsBlock ||
      load<std::uint32_t>(at + 4) != 52 || load<std::uint32_t>(at + 48) != 52) {
    return "no statistics block of 52 bytes";
  }
  content.statistics_interface = load<std::uint32_t>(at + 8);
  content.statistics_time_ns =
      std::uint64_t{load<std::uint32_t>(at + 12)} << 32 | load<std::uint32_t>(at + 16);
  if (load<std::uint32_t>(at + 20) != (8U << 16 | pcapng::kIsbInterfaceReceived) ||
      load<std::uint32_t>(at + 32) != (8U << 16 | pcapng::kIsbOsDropped) ||
      load<std::uint32_t>(at + 44) != 0) {
    return "statistics options that differ";
  }
  content.statistics_received = load<std::uint64_t>(at + 24);
  content.statistics_dropped = load<std::uint64_t>(at + 36);
  offset = head_bytes + 52;
  return "";
}

inline SealedContent read_sealed(std::span<const std::uint8_t> bytes) {
  SealedContent content;
  std::size_t offset = 0;
  content.problem = read_prologue(bytes, content, offset);
  while (content.problem.empty() && offset != bytes.size()) {
    const std::uint8_t* block = &bytes[offset];
    const std::size_t left = bytes.size() - offset;
    if (left < 32) return content.problem = "bytes behind the last packet", content;
    const auto length = load<std::uint32_t>(block + 4);
    if (load<std::uint32_t>(block) != pcapng::kEnhancedPacketBlock || length % 4 != 0 ||
        length < 32 || length > left || load<std::uint32_t>(block + length - 4) != length) {
      return content.problem = "no packet block at " + std::to_string(offset), content;
    }
    const auto caplen = load<std::uint32_t>(block + 20);
    if (pcapng::padded4(caplen) + 32 > length) {
      return content.problem = "a packet longer than its block", content;
    }
    const std::uint8_t* data = block + 28;
    content.interface_ids.push_back(load<std::uint32_t>(block + 8));
    content.packets.push_back(
        {std::uint64_t{load<std::uint32_t>(block + 12)} << 32 | load<std::uint32_t>(block + 16),
         load<std::uint32_t>(block + 24),
         {data, data + caplen}});
    const std::uint8_t* options = data + pcapng::padded4(caplen);
    if (!all_zero(data + caplen, options)) {
      return content.problem = "padding that is not zero", content;
    }
    content.problem = read_packet_options(options, block + length - 4, content);
    offset += length;
  }
  return content;
}

}  // namespace capstan::test
