#include "tools/fleet/sensor_result.h"

#include <fmt/format.h>

#include "engine/core/joined.h"
#include "tools/common/counted.h"

namespace capstan::fleet::asking {

namespace {

void lower(SensorResult& result, SensorState state, const std::string& why) {
  const bool is_better = result.state == SensorState::kWhole ||
                         (result.state == SensorState::kUnknown && state == SensorState::kNotWhole);
  if (is_better) result.state = state;
  result.why += (result.why.empty() ? "" : "; ") + why;
}

}  // namespace

const char* state_name(SensorState state) noexcept {
  switch (state) {
    case SensorState::kWhole:
      return "whole";
    case SensorState::kLost:
      return "lost packets";
    case SensorState::kUnknown:
      return "not known to be whole";
    case SensorState::kNotWhole:
      return "not whole";
    case SensorState::kNoAnswer:
      return "no answer";
    case SensorState::kRefused:
      return "refused";
    case SensorState::kNotPcapng:
      return "no pcapng";
    case SensorState::kEndedEarly:
      return "ended early";
    case SensorState::kSilent:
      return "silent";
    case SensorState::kInterrupted:
      return "interrupted";
  }
  return "";
}

std::vector<std::string> namesakes_of(const SensorResult& result, Namesake::Kind kind) {
  std::vector<std::string> addresses;
  for (const Namesake& one : result.namesakes) {
    if (one.kind == kind) addresses.push_back(one.address);
  }
  return addresses;
}

void qualify(SensorResult& result) {
  if (const auto others = namesakes_of(result, Namesake::Kind::kOther); !others.empty()) {
    lower(result, SensorState::kNotWhole,
          fmt::format("{} machines answer to its name, at {} and {}: this is the answer of the "
                      "first alone",
                      others.size() + 1, result.address, joined(others, ", ")));
  }
  if (const auto silent = namesakes_of(result, Namesake::Kind::kSilent); !silent.empty()) {
    lower(result, SensorState::kUnknown,
          fmt::format("another machine has answered to its name at {}, and does not now",
                      joined(silent, ", ")));
  }
  if (result.is_disordered()) {
    lower(result, SensorState::kUnknown,
          fmt::format("{} of it came behind later ones, by up to {}: was its clock set?",
                      tools::counted(result.late_packets, "packet"),
                      tools::human_duration(result.late_by_ns)));
  }
}

}  // namespace capstan::fleet::asking
