#include "tools/watch/status_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/common/append_format.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

using Json = nlohmann::json;

std::string joined(const Json& list, const char* member) {
  std::string text;
  for (const Json& one : list) {
    text += (text.empty() ? "" : ", ") + visible_text(member == nullptr
                                                          ? one.get<std::string>()
                                                          : one.at(member).get<std::string>());
  }
  return text;
}

}  // namespace

std::string status_text(const Json& status) {
  const Json& stats = status.at("stats");
  const auto number = [](const Json& object, const char* member) {
    return object.at(member).get<std::uint64_t>();
  };
  const auto count = [&](const char* member) { return grouped(number(stats, member)); };
  std::string text =
      fmt::format("capstan {} (process {}) records {} to {}, since {}\n",
                  visible_text(status.at("version").get<std::string>()),
                  status.at("pid").get<int>(), joined(status.at("interfaces"), nullptr),
                  joined(stats.at("files"), "path"), local_time(number(status, "since_ns")));
  append_format(text, "  {} packets received, {} dropped, {} not written, {} lost by the adapter\n",
                count("packets_received"), count("packets_dropped"), count("packets_failed"),
                count("nic_drops"));
  append_format(text, "  {} packets written, {}\n", count("packets_written"),
                human_bytes(number(stats, "bytes_written")));
  for (const Json& ring : stats.at("rings")) {
    append_format(text, "  ring of {}: {} packets, {} dropped, full {} times\n",
                  visible_text(ring.at("interface").get<std::string>()),
                  grouped(number(ring, "packets_received")),
                  grouped(number(ring, "packets_dropped")), grouped(number(ring, "freezes")));
  }
  for (const Json& link : stats.at("links")) {
    append_format(text, "  link {}: {}, MTU {}\n", visible_text(link.at("name").get<std::string>()),
                  visible_text(link.at("state").get<std::string>()), number(link, "mtu"));
  }
  for (const Json& disk : stats.at("disks")) {
    append_format(
        text, "  {}: {} of {} free\n", visible_text(disk.at("directory").get<std::string>()),
        human_bytes(number(disk, "free_bytes")), human_bytes(number(disk, "total_bytes")));
  }
  for (const Json& alarm : stats.at("alarms")) {
    if (!alarm.at("active").get<bool>()) continue;
    append_format(text, "  ALARM {} {}\n", visible_text(alarm.at("alarm").get<std::string>()),
                  visible_text(alarm.at("subject").get<std::string>()));
  }
  return text;
}

}  // namespace capstan::tools
