#include "tools/serve/flow_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/common/units.h"
#include "tools/flows/flow_gatherer.h"
#include "tools/flows/flow_text.h"
#include "tools/serve/flow_filter.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;

// The first `limit` in the wanted order stand in front.
template <typename Item>
std::size_t sort_top(std::vector<Item>& items, const Question& question) {
  const std::size_t count = std::min<std::size_t>(items.size(), question.limit);
  std::partial_sort(
      items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count), items.end(),
      [&](const Item& a, const Item& b) { return comes_before(a, b, question.sort); });
  return count;
}

const char* direction_name(const tools::FlowKey& key) {
  return key.kind == RowKind::kIpv6 ? "ip6" : "ip";
}

Json flow_json(const tools::Flow& flow) {
  const tools::FlowKey& key = flow.key;
  const std::size_t from = flow.initiator;
  const std::size_t to = 1 - from;
  Json json{{"protocol", tools::protocol_text(key)},
            {"source", tools::end_text(key, from)},
            {"destination", tools::end_text(key, to)}};
  if (key.has_ports != 0) {
    json["source_port"] = key.ports[from];
    json["destination_port"] = key.ports[to];
  }
  if ((key.vlans[0] & 0xfff) != 0) json["vlan"] = key.vlans[0] & 0xfff;
  json["start"] = tools::utc_time(flow.first_ns);
  json["end"] = tools::utc_time(flow.last_ns);
  json["packets_out"] = flow.packets[from];
  json["packets_back"] = flow.packets[to];
  json["bytes_out"] = flow.bytes[from];
  json["bytes_back"] = flow.bytes[to];
  json["packets_lost_meanwhile"] = flow.lost;
  json["filter"] = filter_of_flow(flow);
  return json;
}

Json talker_json(const tools::Talker& talker, tools::Talkers by) {
  Json json{{"name", talker.name},
            {"flows", talker.flows},
            {"packets", talker.packets},
            {"bytes", talker.bytes},
            {"bytes_sent", talker.sent_bytes},
            {"start", tools::utc_time(talker.first_ns)},
            {"end", tools::utc_time(talker.last_ns)}};
  json["filter"] = filter_of_talker(talker.name, by);
  return json;
}

}  // namespace

std::string filter_of_flow(const tools::Flow& flow) {
  const tools::FlowKey& key = flow.key;
  // What stands behind a tag is found behind the word for it.
  const int tag = key.vlans[0] & 0xfff;
  const std::string front = tag != 0 ? fmt::format("vlan {} and ", tag) : std::string();
  const std::string a = tools::end_text(key, 0);
  const std::string b = tools::end_text(key, 1);
  if (tools::ip_version(key) == 0) {
    return fmt::format("{}ether host {} and ether host {}", front, a, b);
  }
  if (key.kind == RowKind::kArp) return fmt::format("{}arp and host {} and host {}", front, a, b);
  std::string text = fmt::format("{}host {} and host {}", front, a, b);
  if (key.has_ports != 0) {
    const char* const protocol = key.protocol == 6     ? "tcp "
                                 : key.protocol == 17  ? "udp "
                                 : key.protocol == 132 ? "sctp "
                                                       : "";
    text += fmt::format(" and {}port {} and port {}", protocol, key.ports[0], key.ports[1]);
  } else {
    text += fmt::format(" and {} proto {}", direction_name(key), key.protocol);
  }
  return text;
}

std::string filter_of_talker(const std::string& name, tools::Talkers by) {
  if (by == tools::Talkers::kService) {
    const std::size_t slash = name.find('/');
    if (slash == name.npos) return name;
    const std::string protocol = name.substr(0, slash);
    return (protocol == "tcp" || protocol == "udp" || protocol == "sctp" ? protocol + " " : "") +
           "port " + name.substr(slash + 1);
  }
  const auto host = [](const std::string& end) {
    // Hardware addresses have five colons and two digits between.
    const bool mac = end.size() == 17 && std::count(end.begin(), end.end(), ':') == 5;
    return (mac ? "ether host " : "host ") + end;
  };
  const std::size_t blank = name.find(' ');
  if (blank == name.npos) return host(name);
  return host(name.substr(0, blank)) + " and " + host(name.substr(blank + 1));
}

Json flow_rows(std::vector<tools::Flow>& all, const Question& question) {
  Json rows = Json::array();
  if (question.by == tools::Talkers::kNone) {
    const std::size_t count = sort_top(all, question);
    for (std::size_t i = 0; i < count; ++i) rows.push_back(flow_json(all[i]));
  } else {
    std::vector<tools::Talker> talkers = tools::talkers_of(all, question.by);
    const std::size_t count = sort_top(talkers, question);
    for (std::size_t i = 0; i < count; ++i) {
      rows.push_back(talker_json(talkers[i], question.by));
    }
  }
  return rows;
}

}  // namespace capstan::serve
