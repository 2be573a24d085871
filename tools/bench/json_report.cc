#include "tools/bench/json_report.h"

#include <nlohmann/json.hpp>

#include "tools/common/json_text.h"

namespace capstan::bench {

namespace {

using nlohmann::json;

json to_json(const Trial& trial) {
  return {{"tool", trial.tool},
          {"purpose", trial.purpose},
          {"frame", trial.frame},
          {"ring_mib", trial.ring_mib},
          {"wanted_packets_per_second", trial.wanted_pps},
          {"offered_packets", trial.offered},
          {"offered_bytes", trial.offered_bytes},
          {"seconds", trial.seconds},
          {"offered_packets_per_second", trial.offered_pps()},
          {"offered_bits_per_second", trial.offered_bps()},
          {"written_packets", trial.written},
          {"damaged_packets", trial.damaged},
          {"lost_packets", trial.valid() ? json(trial.lost()) : json(nullptr)},
          {"loss_percent", trial.valid() ? json(trial.loss_percent()) : json(nullptr)},
          {"cpu_ns_per_packet", trial.cpu_ns_per_packet()},
          {"peak_rss_kib", trial.peak_rss_kib},
          {"failure", trial.failure}};
}

json to_json(const NoDropRate& rate) {
  return {{"tool", rate.tool},
          {"frame", rate.frame},
          {"repeat", rate.repeat},
          {"measured", rate.measured},
          {"packets_per_second", rate.pps},
          {"bits_per_second", rate.bps},
          {"lowest_with_loss_packets_per_second",
           rate.lowest_with_loss_pps == 0 ? json(nullptr) : json(rate.lowest_with_loss_pps)}};
}

json to_json(const BurstLimit& burst) {
  return {{"tool", burst.tool},
          {"frame", burst.frame},
          {"ring_mib", burst.ring_mib},
          {"packets", burst.packets},
          {"milliseconds", burst.milliseconds},
          {"at_limit", burst.at_limit}};
}

json to_json(const TopSpeed& top) {
  return {{"frame", top.frame},         {"packets_per_second", top.pps},
          {"bits_per_second", top.bps}, {"one_generator_packets_per_second", top.one_pps},
          {"engine", top.engine},       {"inward", top.inward}};
}

json to_json(const ToolInfo& tool) {
  return {{"name", tool.name}, {"present", tool.present}, {"version", tool.version}};
}

template <typename Item>
json list_of(const std::vector<Item>& items) {
  json list = json::array();
  for (const Item& item : items) list.push_back(to_json(item));
  return list;
}

}  // namespace

std::string json_report(const BenchReport& report) {
  json root;
  root["capstan_bench"] = 1;
  root["mode"] = report.mode;
  root["command"] = report.command;
  root["begun"] = report.begun;
  root["seconds"] = report.seconds;
  root["interrupted"] = report.interrupted;
  root["machine"] = {{"cpu", report.cpu},
                     {"cpus", report.cpus},
                     {"memory_bytes", report.memory_bytes},
                     {"kernel", report.kernel},
                     {"os", report.os}};
  root["disk"] = {{"directory", report.directory},
                  {"file_system", report.file_system},
                  {"bytes_per_second", report.disk_bytes_per_second}};
  root["memcpy_bytes_per_second"] = report.memcpy_bytes_per_second;
  root["ring_mib"] = report.ring_mib;
  root["trial_seconds"] = report.trial_seconds;
  root["tools"] = list_of(report.tools);
  root["generator"] = list_of(report.top_speeds);
  root["no_drop"] = list_of(report.no_drop);
  root["bursts"] = list_of(report.bursts);
  root["trials"] = list_of(report.trials);
  root["notes"] = report.notes;
  return tools::dump_json(root, 2) + "\n";
}

}  // namespace capstan::bench
