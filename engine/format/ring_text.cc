#include "engine/format/ring_text.h"

#include <fmt/format.h>

#include <charconv>

namespace capstan {

namespace {

// More than any machine has processors: what a hostile file can cost.
constexpr std::uint32_t kMostRings = 4096;

// Takes `word` and the number behind it off the front of `text`; 0: they are not there.
std::uint32_t take_number(std::string_view& text, std::string_view word) noexcept {
  if (!text.starts_with(word)) return 0;
  text.remove_prefix(word.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string ring_text(RingOfInterface ring) {
  return fmt::format("ring {} of {}", ring.ring, ring.rings);
}

std::optional<RingOfInterface> parse_ring_text(std::string_view text) noexcept {
  RingOfInterface ring;
  ring.ring = take_number(text, "ring ");
  ring.rings = take_number(text, " of ");
  if (ring.ring == 0 || ring.ring > ring.rings || ring.rings > kMostRings || !text.empty()) {
    return std::nullopt;
  }
  return ring;
}

}  // namespace capstan
