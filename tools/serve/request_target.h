// RequestTarget: the target of a GET request, parsed. Accepts any bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::serve {

struct RequestTarget {
  std::string path;                                             // as received
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded, in their order

  // Returns null if the parameter was not given.
  const std::string* find(std::string_view name) const noexcept;
};

inline constexpr std::size_t kLongestTarget = 24U << 10;

// Parses "/path?name=value&name=value" with percent-encoding and '+' for a space. Returns nullopt
// for an invalid target and sets `problem` to the reason: no slash at the start, too long, an
// invalid escape, control characters, or invalid UTF-8.
std::optional<RequestTarget> parse_target(std::string_view text, std::string& problem);

}  // namespace capstan::serve
