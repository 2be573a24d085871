// How often each of N flows is used: Zipf's law made into a fixed order.
#pragma once

#include <cstdint>
#include <vector>

namespace capstan::traffic {

inline constexpr std::uint32_t kMaxFlows = 1'000'000;
// Frames per round of flows; primes, so that sizes and flows do not fall into step. The longer one
// is for so many flows that the shorter would leave little room for their shares.
inline constexpr std::uint32_t kFlowRound = 262139;
inline constexpr std::uint32_t kLongFlowRound = 4194301;
inline constexpr std::uint32_t kMaxFlowsOfShortRound = 65536;

constexpr std::uint32_t flow_round(std::uint32_t flows) noexcept {
  return flows <= kMaxFlowsOfShortRound ? kFlowRound : kLongFlowRound;
}

// How many of `round` frames each of `flows` flows gets when flow k (from 1) is used in proportion
// to 1/k^exponent. Every flow gets at least one; the counts add up to `round`. Requires: 1 <= flows
// <= round, exponent finite and >= 0 (0: all alike).
std::vector<std::uint32_t> zipf_counts(std::uint32_t flows, double exponent, std::uint32_t round);

// The order of one round as flow numbers from 0, shuffled by `seed` alone: the same everywhere.
// One flow: {0}.
std::vector<std::uint32_t> flow_order(std::uint32_t flows, double exponent, std::uint64_t seed);

}  // namespace capstan::traffic
