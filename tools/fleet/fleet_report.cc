#include "tools/fleet/fleet_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tools/common/counted.h"
#include "tools/common/units.h"

namespace capstan::fleet::asking {

namespace {

using OrderedJson = nlohmann::ordered_json;
using tools::counted;
using tools::grouped;

// Nothing is known to be missing, and nothing says that all is there.
bool only_unknown(const SensorResult& sensor, bool by_time) {
  const bool unknown = sensor.state == SensorState::kUnknown || sensor.state == SensorState::kWhole;
  return unknown && sensor.deleted_matching == 0 && !(by_time && sensor.clock_is_off());
}

std::string clock_text(std::int64_t seconds) {
  const auto size = static_cast<std::uint64_t>(seconds < 0 ? -seconds : seconds);
  return fmt::format("its clock is {} {} ours", tools::human_duration(size * 1'000'000'000),
                     seconds < 0 ? "behind" : "ahead of");
}

// What the state says in words, without what the sensor got across.
std::string state_text(const SensorResult& sensor) {
  switch (sensor.state) {
    case SensorState::kWhole:
      return sensor.asked ? "whole"
                          : "whole: its conversations in the database rule out a packet of these";
    case SensorState::kLost:
      return fmt::format("lost {}; some may have been yours",
                         sensor.lost ? counted(*sensor.lost, "packet") : "packets");
    case SensorState::kUnknown:
      return "not known to be whole";
    case SensorState::kNotWhole:
      return "not whole";
    case SensorState::kNoAnswer:
      return "did not answer";
    case SensorState::kRefused:
      return "refused to answer";
    case SensorState::kNotPcapng:
      return "answered something that is not pcapng";
    case SensorState::kEndedEarly:
      return "stopped in the middle";
    case SensorState::kSilent:
      return "stopped in the middle";
    case SensorState::kInterrupted:
      return "ended here before its end";
  }
  return "";
}

std::string sensor_line(const SensorResult& sensor, const TimeRange& range) {
  // What `capstan serve` says of itself begins with its own verdict.
  const bool says_all =
      sensor.why.starts_with("not complete") || sensor.why.starts_with("not known");
  std::string line = sensor.name + ": " + (says_all ? sensor.why : state_text(sensor));
  if (!sensor.why.empty() && !says_all) line += ": " + sensor.why;
  if (sensor.asked && (sensor.packets != 0 || sensor.state == SensorState::kWhole)) {
    line += fmt::format(" ({})", counted(sensor.packets, "packet"));
  }
  line += '\n';
  if (sensor.deleted_files != 0) {
    line += fmt::format(
        "{}: {} of this time {} not there any more (retention?): {} in the database may "
        "have been yours\n",
        sensor.name, counted(sensor.deleted_files, "file"),
        sensor.deleted_files == 1 ? "is" : "are",
        sensor.deleted_matching == 0 ? std::string("no conversation")
                                     : counted(sensor.deleted_matching, "conversation"));
  }
  if (!sensor.deleted_known && sensor.state != SensorState::kNoAnswer &&
      sensor.state != SensorState::kRefused) {
    line += fmt::format(
        "{}: its list of files could not be read to its end: what retention "
        "deleted is not known\n",
        sensor.name);
  }
  if (sensor.clock_is_off()) {
    line += fmt::format("{}: {}{}\n", sensor.name, clock_text(*sensor.clock_off_s),
                        range.limited() ? ": what it recorded in this time has other times" : "");
  }
  if (const auto others = namesakes_of(sensor, Namesake::Kind::kPretends); !others.empty()) {
    const std::string more =
        others.size() == 1 ? std::string()
                           : fmt::format(" and {}", counted(others.size() - 1, "other place"));
    line += fmt::format("{}: its name is said from {}{} too, where nobody showed its certificate\n",
                        sensor.name, others.front(), more);
  }
  if (range.since_ns != 0 && sensor.recorded_from_ns > range.since_ns) {
    line += fmt::format("{}: the first packet recorded there is of {}\n", sensor.name,
                        tools::local_time(sensor.recorded_from_ns));
  }
  return line;
}

// Without a newline.
std::string verdict(const FleetReport& report) {
  const bool by_time = report.range.limited();
  const std::size_t all = report.sensors.size();
  if (report.whole()) {
    return fmt::format("complete: {} whole{}",
                       all == 1 ? "the sensor is" : fmt::format("all {} sensors are", grouped(all)),
                       by_time ? " in this time" : "");
  }
  std::size_t whole = 0;
  for (const SensorResult& sensor : report.sensors) whole += sensor.whole(by_time) ? 1 : 0;
  const char* const word = std::string_view(fleet_word(report)) == "unknown"
                               ? "not known to be complete"
                               : "not complete";
  std::string text =
      fmt::format("{}: {} of {} whole", word, grouped(whole), counted(all, "sensor"));
  if (!report.limit.empty()) {
    text += fmt::format(", ended by {}", report.limit);
  } else if (report.interrupted) {
    text += ", interrupted";
  }
  return text;
}

bool is_missing(const UnnamedSensor& sensor) noexcept { return sensor.matching != 0; }

OrderedJson sensor_json(const SensorResult& sensor, bool by_time) {
  OrderedJson json{
      {"sensor", sensor.name},
      {"complete", sensor.whole(by_time)},
      {"state", state_name(sensor.state)},
      {"why", sensor.why.empty() ? OrderedJson(nullptr) : OrderedJson(sensor.why)},
      {"asked", sensor.asked},
      {"packets", sensor.packets},
      {"bytes", sensor.bytes},
      {"packets_lost", sensor.lost ? OrderedJson(*sensor.lost) : OrderedJson(nullptr)}};
  json["files_deleted"] =
      sensor.deleted_known ? OrderedJson(sensor.deleted_files) : OrderedJson(nullptr);
  json["conversations_deleted"] =
      sensor.deleted_known ? OrderedJson(sensor.deleted_matching) : OrderedJson(nullptr);
  json["clock_off_s"] =
      sensor.clock_off_s ? OrderedJson(*sensor.clock_off_s) : OrderedJson(nullptr);
  json["recorded_from"] = sensor.recorded_from_ns == 0
                              ? OrderedJson(nullptr)
                              : OrderedJson(tools::utc_time(sensor.recorded_from_ns));
  json["dialled_from"] =
      sensor.address.empty() ? OrderedJson(nullptr) : OrderedJson(sensor.address);
  json["others_of_its_name"] = namesakes_of(sensor, Namesake::Kind::kOther);
  json["packets_late"] = sensor.late_packets;
  json["late_by_s"] = static_cast<double>(sensor.late_by_ns) / 1e9;
  json["bytes_fetched"] = sensor.fetched_bytes;
  json["bytes_waited_on_disk"] = sensor.waited_bytes;
  return json;
}

}  // namespace

bool FleetReport::whole() const noexcept {
  const bool by_time = range.limited();
  return !interrupted &&
         std::all_of(sensors.begin(), sensors.end(),
                     [by_time](const SensorResult& sensor) { return sensor.whole(by_time); }) &&
         std::none_of(unnamed.begin(), unnamed.end(), is_missing);
}

const char* fleet_word(const FleetReport& report) noexcept {
  if (report.whole()) return "yes";
  const bool by_time = report.range.limited();
  const bool unknown = !report.interrupted &&
                       std::all_of(report.sensors.begin(), report.sensors.end(),
                                   [by_time](const SensorResult& sensor) {
                                     return only_unknown(sensor, by_time);
                                   }) &&
                       std::none_of(report.unnamed.begin(), report.unnamed.end(), is_missing);
  return unknown ? "unknown" : "no";
}

FleetReport report_of(const FleetFile& fleet, const FleetQuestion& question,
                      const TableAnswer* tables, std::vector<SensorResult> results) {
  FleetReport report;
  report.range = question.range;
  report.sensors = std::move(results);
  report.has_database = !fleet.database.url.empty();
  if (tables == nullptr) return report;
  report.database_error = tables->error;
  std::set<std::string> named;
  for (const Sensor& sensor : fleet.sensors) named.insert(sensor.name);
  for (const auto& [name, files] : tables->files) {
    if (named.count(name) != 0) continue;
    UnnamedSensor unnamed{tools::visible_text(name), files.size(), 0};
    for (const TableFile& file : files) {
      unnamed.matching += file.matching != 0 ? file.matching : file.has_unlisted ? 1 : 0;
    }
    report.unnamed.push_back(std::move(unnamed));
  }
  return report;
}

std::string fleet_text(const FleetReport& report, std::size_t most_whole) {
  const bool by_time = report.range.limited();
  std::string text = verdict(report) + "\n";
  std::size_t left_out = 0;
  std::size_t whole = 0;
  for (const SensorResult& sensor : report.sensors) {
    const bool is_plain = sensor.whole(by_time) && !sensor.clock_is_off();
    if (is_plain && ++whole > most_whole) {
      ++left_out;
      continue;
    }
    text += sensor_line(sensor, report.range);
  }
  if (left_out != 0) text += fmt::format("and {} more that are whole\n", grouped(left_out));
  for (const UnnamedSensor& sensor : report.unnamed) {
    if (!is_missing(sensor)) continue;
    text += fmt::format(
        "{}: in the database, but not named here, so not asked: {} of this time may be yours\n",
        sensor.name, counted(sensor.matching, "conversation"));
  }
  if (!report.database_error.empty()) {
    text += fmt::format("the database gave no answer, so every sensor was asked: {}\n",
                        report.database_error);
  }
  return text;
}

OrderedJson fleet_json(const FleetReport& report) {
  const bool by_time = report.range.limited();
  OrderedJson json;
  json["complete"] = report.whole();
  json["verdict"] = verdict(report);
  json["interrupted"] = report.interrupted;
  json["limit"] = report.limit.empty() ? OrderedJson(nullptr) : OrderedJson(report.limit);
  json["sensors"] = OrderedJson::array();
  for (const SensorResult& sensor : report.sensors) {
    json["sensors"].push_back(sensor_json(sensor, by_time));
  }
  json["not_named"] = OrderedJson::array();
  for (const UnnamedSensor& sensor : report.unnamed) {
    json["not_named"].push_back(
        {{"sensor", sensor.name}, {"files", sensor.files}, {"conversations", sensor.matching}});
  }
  json["database"] = !report.has_database            ? OrderedJson(nullptr)
                     : report.database_error.empty() ? OrderedJson("answered")
                                                     : OrderedJson(report.database_error);
  return json;
}

}  // namespace capstan::fleet::asking
