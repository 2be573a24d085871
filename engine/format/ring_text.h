// How a recording describes an interface of which it has one ring of several.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace capstan {

// A ring of an interface, counted from 1, and how many there are.
struct RingOfInterface {
  std::uint32_t ring = 1;
  std::uint32_t rings = 1;

  bool operator==(const RingOfInterface&) const = default;
};

// "ring 2 of 3", the if_description of such an interface.
std::string ring_text(RingOfInterface ring);

// nullopt for every other text, and for a ring that there cannot be.
std::optional<RingOfInterface> parse_ring_text(std::string_view text) noexcept;

}  // namespace capstan
