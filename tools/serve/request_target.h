// RequestTarget: what stands behind GET, taken apart. Any bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::serve {

struct RequestTarget {
  std::string path;                                             // as it was sent
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded, in their order

  // Null: it was not given.
  const std::string* find(std::string_view name) const noexcept;
};

inline constexpr std::size_t kLongestTarget = 24U << 10;

// "/path?name=value&name=value" with percent-encoding, '+' for a blank. nullopt: it is none, and
// `problem` says why: not a slash in front, too long, an escape that is none, control characters,
// or a text that is no UTF-8.
std::optional<RequestTarget> parse_target(std::string_view text, std::string& problem);

}  // namespace capstan::serve
