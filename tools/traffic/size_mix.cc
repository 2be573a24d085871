#include "tools/traffic/size_mix.h"

#include <fmt/format.h>

#include <charconv>
#include <numeric>

#include "engine/core/errors.h"
#include "tools/traffic/frame_format.h"

namespace capstan::traffic {

namespace {

constexpr std::uint32_t kMaxSizes = 16384;
constexpr std::uint32_t kMaxRound = 65536;

std::uint32_t parse_number(std::string_view text, std::string_view part, std::uint32_t low,
                           std::uint32_t high) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw UsageError(fmt::format(
        "frame size '{}': '{}' is no number from {} to {}; write 1514, imix, 64,1514 or "
        "64:7,594:4,1518:1",
        part, text, low, high));
  }
  return value;
}

void append_part(std::string_view part, std::vector<SizeShare>& shares) {
  if (part == "imix") {
    for (const SizeShare& share : imix()) shares.push_back(share);
    return;
  }
  const std::size_t colon = part.find(':');
  const std::string_view sizes = part.substr(0, colon);
  const std::uint32_t weight =
      colon == part.npos ? 1 : parse_number(part.substr(colon + 1), part, 1, 1000);
  const std::size_t dash = sizes.find('-');
  const std::uint32_t first =
      parse_number(sizes.substr(0, dash), part, kMinFrameSize, kMaxFrameSize);
  const std::uint32_t last =
      dash == sizes.npos ? first
                         : parse_number(sizes.substr(dash + 1), part, kMinFrameSize, kMaxFrameSize);
  if (last < first) throw UsageError(fmt::format("frame size '{}': runs backwards", part));
  if (shares.size() + (last - first) >= kMaxSizes) {
    throw UsageError(fmt::format("frame size '{}': more than {} sizes", part, kMaxSizes));
  }
  for (std::uint32_t size = first; size <= last; ++size) shares.push_back({size, weight});
}

}  // namespace

std::vector<SizeShare> imix() { return {{64, 7}, {594, 4}, {1518, 1}}; }

std::vector<SizeShare> parse_size_mix(std::string_view text) {
  std::vector<SizeShare> shares;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    append_part(rest.substr(0, comma), shares);
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::uint64_t round = 0;
  for (const SizeShare& share : shares) round += share.weight;
  if (round > kMaxRound) {
    throw UsageError(fmt::format("frame size '{}': the weights add up to {}, at most {} are kept",
                                 text, round, kMaxRound));
  }
  return shares;
}

std::vector<std::uint32_t> size_order(const std::vector<SizeShare>& shares) {
  const std::int64_t round =
      std::accumulate(shares.begin(), shares.end(), std::int64_t{0},
                      [](std::int64_t sum, const SizeShare& share) { return sum + share.weight; });
  std::vector<std::uint32_t> order;
  order.reserve(static_cast<std::size_t>(round));
  bool equal = true;
  for (const SizeShare& share : shares) equal = equal && share.weight == 1;
  if (equal) {
    for (std::uint32_t index = 0; index < shares.size(); ++index) order.push_back(index);
    return order;
  }
  // Smooth weighted round-robin: every turn each share earns its weight, the richest goes and pays
  // the whole round. After `round` turns all credits are back at 0 and each has gone weight times.
  std::vector<std::int64_t> credit(shares.size(), 0);
  for (std::int64_t turn = 0; turn < round; ++turn) {
    std::size_t richest = 0;
    for (std::size_t index = 0; index < shares.size(); ++index) {
      credit[index] += shares[index].weight;
      if (credit[index] > credit[richest]) richest = index;
    }
    credit[richest] -= round;
    order.push_back(static_cast<std::uint32_t>(richest));
  }
  return order;
}

}  // namespace capstan::traffic
