// Question: the parsed parameters of a request. Any text gives either a Question or a UsageError
// that names the parameter, the given value and the accepted values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/reader/set_reader.h"
#include "tools/flows/flows_cli.h"
#include "tools/serve/request_target.h"

namespace capstan::serve {

// A position in an answer's stream of packets, given in two ways: after `number` packets; and, if
// files are in time order, the first packet at or after `time_ns`, skipping `skip` packets with
// exactly that time. As text: "1700000000123456789.2.4711".
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
  std::optional<std::string> fleet;  // ask these sensors; none: what is here
  std::string recording;             // one series only; empty: all
  std::uint64_t limit = 0;
  std::uint64_t offset = 0;
  std::optional<Place> from;
  bool detail = false;
  std::uint64_t step_ns = 0;  // 0: the server chooses
  tools::FlowOrder sort = tools::FlowOrder::kBytes;
  tools::Talkers by = tools::Talkers::kNone;
  bool files = false;
};

// The parameters that an endpoint accepts.
struct ParameterRules {
  std::span<const char* const> names;
  std::uint64_t limit_default = 0;
  std::uint64_t limit_most = 0;
  bool names_only = false;  // the endpoint reads the values itself
};

inline constexpr std::size_t kLongestFilter = 16U << 10;

// `now_ns`: base of relative times. Throws UsageError.
Question understand(const RequestTarget& target, const ParameterRules& rules, std::uint64_t now_ns);

}  // namespace capstan::serve
