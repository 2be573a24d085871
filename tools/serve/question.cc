#include "tools/serve/question.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "engine/core/errors.h"
#include "tools/common/time_range.h"
#include "tools/common/time_text.h"
#include "tools/common/units.h"
#include "tools/common/utf8.h"

namespace capstan::serve {

namespace {

template <typename Value>
bool read_number(std::string_view text, Value& value) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// What a text looks like in an answer: short, and harmless in a log.
std::string shown(const std::string& text) {
  constexpr std::size_t kShown = 80;
  std::string part = text.substr(0, kShown);
  while (!part.empty() && !tools::is_utf8(part)) part.pop_back();
  return tools::printable(part) + (part.size() < text.size() ? "..." : "");
}

bool understand_bool(const char* name, const std::string& text) {
  if (text == "1" || text == "true" || text.empty()) return true;
  if (text == "0" || text == "false") return false;
  throw UsageError(fmt::format("{}={}: it is 0 or 1", name, shown(text)));
}

std::uint64_t understand_count(const char* name, const std::string& text, std::uint64_t least,
                               std::uint64_t most) {
  std::uint64_t value = 0;
  if (!read_number(text, value) || value < least || value > most) {
    throw UsageError(
        fmt::format("{}={}: it is a number from {} to {}", name, shown(text), least, most));
  }
  return value;
}

void check_names(const RequestTarget& target, const ParameterRules& rules) {
  for (std::size_t i = 0; i < target.parameters.size(); ++i) {
    const std::string& name = target.parameters[i].first;
    constexpr std::string_view kFleet = "fleet";
    if (name == kFleet && std::count(rules.names.begin(), rules.names.end(), kFleet) == 0) {
      throw UsageError("fleet: only /api/v1/query and /api/v1/flows ask a fleet");
    }
    if (std::none_of(rules.names.begin(), rules.names.end(),
                     [&](const char* known) { return name == known; })) {
      std::string list;
      for (const char* known : rules.names) {
        if (!list.empty()) list.append(", ");
        list.append(known);
      }
      throw UsageError(fmt::format("{}: there is no such parameter here, but {}", shown(name),
                                   list.empty() ? "none" : list));
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (target.parameters[k].first == name) {
        throw UsageError(fmt::format("{} is given twice", name));
      }
    }
  }
}

TimeRange understand_range(const RequestTarget& target, std::uint64_t now_ns) {
  constexpr std::size_t kLongestTime = 64;
  tools::TimeRangeFlags flags;
  const auto take = [&](const char* name, std::string& into) {
    const std::string* const text = target.find(name);
    if (text == nullptr) return;
    if (text->size() > kLongestTime) {
      throw UsageError(fmt::format("{}={}: no time is so long", name, shown(*text)));
    }
    into = *text;
  };
  take("since", flags.since);
  take("until", flags.until);
  take("last", flags.last);
  return tools::understand_time_range(flags, now_ns, "");
}

tools::FlowOrder understand_sort(const std::string& text) {
  if (const auto order = tools::flow_order_by_name(text)) return *order;
  throw UsageError(fmt::format("sort={}: it is {}", shown(text), tools::kFlowOrderNames));
}

tools::Talkers understand_by(const std::string& text) {
  if (text == "flow") return tools::Talkers::kNone;
  if (const auto talkers = tools::talkers_by_name(text)) return *talkers;
  throw UsageError(fmt::format("by={}: it is flow, {}", shown(text), tools::kTalkersNames));
}

}  // namespace

std::string place_text(const Place& place) {
  return fmt::format("{}.{}.{}", place.time_ns, place.skip, place.number);
}

std::optional<Place> parse_place(std::string_view text) noexcept {
  Place place;
  for (std::uint64_t* const part : {&place.time_ns, &place.skip, &place.number}) {
    const std::size_t dot = text.find('.');
    const bool is_last = part == &place.number;
    if ((dot == text.npos) != is_last || !read_number(text.substr(0, dot), *part)) {
      return std::nullopt;
    }
    if (!is_last) text.remove_prefix(dot + 1);
  }
  return place;
}

Question understand(const RequestTarget& target, const ParameterRules& rules,
                    std::uint64_t now_ns) {
  constexpr std::uint64_t kLeastStepNs = 1'000'000;
  check_names(target, rules);
  Question question;
  question.limit = rules.limit_default;
  if (rules.names_only) return question;
  question.range = understand_range(target, now_ns);
  for (const auto& [name, text] : target.parameters) {
    if (name == "filter") {
      if (text.size() > kLongestFilter) {
        throw UsageError(
            fmt::format("filter: {} bytes, and {} are the most", text.size(), kLongestFilter));
      }
      question.filter = text;
    } else if (name == "inner") {
      question.inner = understand_bool("inner", text);
    } else if (name == "fleet") {
      question.fleet = text;
    } else if (name == "recording") {
      question.recording = text;
    } else if (name == "limit") {
      question.limit = understand_count("limit", text, 1, rules.limit_most);
    } else if (name == "offset") {
      question.offset = understand_count("offset", text, 0, ~std::uint64_t{0});
    } else if (name == "from") {
      question.from = parse_place(text);
      if (!question.from) {
        throw UsageError(fmt::format("from={}: it is a place an answer named", shown(text)));
      }
    } else if (name == "detail") {
      question.detail = understand_bool("detail", text);
    } else if (name == "files") {
      question.files = understand_bool("files", text);
    } else if (name == "step") {
      question.step_ns = std::max(tools::parse_duration("step", text.substr(0, 64)), kLeastStepNs);
    } else if (name == "sort") {
      question.sort = understand_sort(text);
    } else if (name == "by") {
      question.by = understand_by(text);
    }
  }
  if (question.fleet && target.find("recording") != nullptr) {
    throw UsageError("fleet and recording exclude each other: a recording is one of this server's");
  }
  return question;
}

}  // namespace capstan::serve
