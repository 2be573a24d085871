// How often each of N flows is used: Zipf's law converted into a fixed order.
#pragma once

#include <cstdint>
#include <vector>

namespace capstan::traffic {

inline constexpr std::uint32_t kMaxFlows = 1'000'000;
// Frames per round of flows; primes, so that sizes and flows do not repeat together. The longer
// round is for numbers of flows for which the shorter one would leave too few frames to distribute.
inline constexpr std::uint32_t kFlowRound = 262139;
inline constexpr std::uint32_t kLongFlowRound = 4194301;
inline constexpr std::uint32_t kMaxFlowsOfShortRound = 65536;

constexpr std::uint32_t flow_round(std::uint32_t flows) noexcept {
  return flows <= kMaxFlowsOfShortRound ? kFlowRound : kLongFlowRound;
}

// Returns how many of `round` frames each of `flows` flows gets when flow k (from 1) is used in
// proportion to 1/k^exponent. Every flow gets at least one; the counts add up to `round`. Requires:
// 1 <= flows <= round, exponent finite and >= 0 (0: all equal).
std::vector<std::uint32_t> zipf_counts(std::uint32_t flows, double exponent, std::uint32_t round);

// Returns the order of one round as flow numbers from 0. The shuffling depends only on `seed` and
// is the same on every machine. For one flow: {0}.
std::vector<std::uint32_t> flow_order(std::uint32_t flows, double exponent, std::uint64_t seed);

}  // namespace capstan::traffic
