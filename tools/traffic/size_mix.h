// Which frame sizes a run sends and in which order: fixed, IMIX, a list or a range.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace capstan::traffic {

struct SizeShare {
  std::uint32_t size = 0;    // bytes as AF_PACKET shows them, without FCS
  std::uint32_t weight = 1;  // frames of this size per round
  bool operator==(const SizeShare&) const = default;
};

// The default mix: 64, 594 and 1518 bytes in the ratio 7:4:1.
std::vector<SizeShare> imix();

// Parses "1514", "imix", "64,128,1514", "64:7,594:4,1518:1" (size:weight), "14-199" (every size),
// and combinations of them. Throws UsageError that names the invalid part.
std::vector<SizeShare> parse_size_mix(std::string_view text);

// The order of one round as indices into `shares`: each occurs `weight` times, distributed as
// evenly as integers allow, so that sizes change from frame to frame. Never empty. Requires: shares
// not empty, every weight at least 1.
std::vector<std::uint32_t> size_order(const std::vector<SizeShare>& shares);

}  // namespace capstan::traffic
