// Fanout: how the kernel distributes one interface's packets among several rings.
#pragma once

#include <linux/if_packet.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace capstan {

// packet(7), PACKET_FANOUT. The defragmentation flag is never set: it would change what is stored.
enum class FanoutMode : std::uint16_t {
  kHash = PACKET_FANOUT_HASH,          // by flow: both directions of a flow go to the same ring
  kRoundRobin = PACKET_FANOUT_LB,      // "lb"
  kCpu = PACKET_FANOUT_CPU,            // by the CPU the packet arrived on
  kRollover = PACKET_FANOUT_ROLLOVER,  // the first ring until it is full, then the next
  kRandom = PACKET_FANOUT_RND,         // "rnd"
  kQueue = PACKET_FANOUT_QM,           // "qm": by the adapter's receive queue
};

struct FanoutName {
  std::string_view name;
  FanoutMode mode;
};
inline constexpr std::array<FanoutName, 6> kFanoutNames = {{{"hash", FanoutMode::kHash},
                                                            {"cpu", FanoutMode::kCpu},
                                                            {"qm", FanoutMode::kQueue},
                                                            {"lb", FanoutMode::kRoundRobin},
                                                            {"rnd", FanoutMode::kRandom},
                                                            {"rollover", FanoutMode::kRollover}}};

constexpr std::optional<FanoutMode> fanout_mode_of(std::string_view name) noexcept {
  for (const FanoutName& entry : kFanoutNames) {
    if (entry.name == name) return entry.mode;
  }
  return std::nullopt;
}

}  // namespace capstan
