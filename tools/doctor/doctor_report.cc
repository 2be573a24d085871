#include "tools/doctor/doctor_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/common/json_text.h"

namespace capstan::tools {

const char* check_state_name(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "ok";
    case CheckState::kWarn:
      return "warn";
    case CheckState::kCost:
      return "cost";
    case CheckState::kUnknown:
      break;
  }
  return "unknown";
}

std::string doctor_text(const Checks& checks) {
  std::string text;
  std::size_t counts[4] = {};
  for (const Check& check : checks) {
    ++counts[static_cast<std::size_t>(check.state)];
    text +=
        fmt::format("{:<8} {:<14} {}\n", check_state_name(check.state), check.name, check.found);
    if (check.state == CheckState::kOk) continue;
    text += fmt::format("{:24}{}\n", "", check.why);
    if (!check.mend.empty()) text += fmt::format("{:24}mend: {}\n", "", check.mend);
  }
  const auto count = [&](CheckState state) { return counts[static_cast<std::size_t>(state)]; };
  text +=
      fmt::format("{} ok, {} warn, {} cost packets, {} unknown\n", count(CheckState::kOk),
                  count(CheckState::kWarn), count(CheckState::kCost), count(CheckState::kUnknown));
  return text;
}

std::string doctor_json(const Checks& checks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    list.push_back({{"name", check.name},
                    {"state", check_state_name(check.state)},
                    {"found", check.found},
                    {"why", check.why},
                    {"mend", check.mend}});
  }
  const nlohmann::ordered_json all = {{"costs_packets", costs_packets(checks)},
                                      {"checks", std::move(list)}};
  return dump_json(all, 2) + "\n";
}

}  // namespace capstan::tools
