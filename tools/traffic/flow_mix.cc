#include "tools/traffic/flow_mix.h"

#include <cmath>
#include <utility>

#include "engine/core/check.h"

namespace capstan::traffic {

namespace {

// splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): enough
// for a shuffle, and the same on every machine, which std::shuffle is not.
std::uint64_t next_random(std::uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t value = state;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

}  // namespace

std::vector<std::uint32_t> zipf_counts(std::uint32_t flows, double exponent, std::uint32_t round) {
  CAPSTAN_CHECK(flows >= 1 && flows <= round, flows, round);
  std::vector<double> weights(flows);
  double total = 0;
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    weights[flow] = std::pow(static_cast<double>(flow) + 1, -exponent);
    total += weights[flow];
  }
  // One frame for everybody, the rest by weight: cut the running sum at whole frames, so that
  // rounding errors never add up.
  std::vector<std::uint32_t> counts(flows);
  const double rest = static_cast<double>(round - flows);
  double running = 0;
  std::uint32_t given = 0;
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    running += weights[flow];
    const bool last = flow + 1 == flows;
    const auto upto =
        last ? round - flows : static_cast<std::uint32_t>(std::floor(rest * running / total + 0.5));
    counts[flow] = 1 + (upto - given);
    given = upto;
  }
  return counts;
}

std::vector<std::uint32_t> flow_order(std::uint32_t flows, double exponent, std::uint64_t seed) {
  if (flows == 1) return {0};
  const std::uint32_t round = flow_round(flows);
  const std::vector<std::uint32_t> counts = zipf_counts(flows, exponent, round);
  std::vector<std::uint32_t> order;
  order.reserve(round);
  for (std::uint32_t flow = 0; flow < flows; ++flow) order.insert(order.end(), counts[flow], flow);
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[next_random(seed) % left]);
  }
  return order;
}

}  // namespace capstan::traffic
