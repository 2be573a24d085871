// Question: the parameters of a request, understood. Any text comes to a Question or to a
// UsageError that says which parameter, what was given and what there is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/reader/set_reader.h"
#include "tools/flows/flows_cli.h"
#include "tools/serve/request_target.h"

namespace capstan::serve {

// A place in an answer's stream of packets, said twice: behind `number` of them; and, where files
// are in the order of time, the first at or after `time_ns` but `skip` of those at that very time.
// Text: "1700000000123456789.2.4711".
struct Place {
  std::uint64_t time_ns = 0;
  std::uint64_t skip = 0;
  std::uint64_t number = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
std::string place_text(const Place& place);
std::optional<Place> parse_place(std::string_view text) noexcept;

struct Question {
  TimeRange range;
  std::string filter;
  bool inner = false;
  std::string recording;  // one series only; empty: all
  std::uint64_t limit = 0;
  std::uint64_t offset = 0;
  std::optional<Place> from;
  bool detail = false;
  std::uint64_t step_ns = 0;  // 0: the server chooses
  tools::FlowOrder sort = tools::FlowOrder::kBytes;
  tools::Talkers by = tools::Talkers::kNone;
  bool files = false;
};

// What an endpoint takes.
struct ParameterRules {
  std::span<const char* const> names;
  std::uint64_t limit_default = 0;
  std::uint64_t limit_most = 0;
  bool names_only = false;  // the endpoint looks at the values itself
};

inline constexpr std::size_t kLongestFilter = 16U << 10;

// `now_ns`: what relative times are counted from. Throws UsageError.
Question understand(const RequestTarget& target, const ParameterRules& rules, std::uint64_t now_ns);

}  // namespace capstan::serve
