#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "tools/common/units.h"
#include "tools/flows/flow_text.h"

namespace capstan::tools {

namespace {

class TalkerSums {
 public:
  void add(const std::string& name, const Flow& flow, std::uint64_t sent_bytes) {
    const auto [entry, is_new] = known_.try_emplace(name, talkers_.size());
    if (is_new) {
      talkers_.emplace_back();
      talkers_.back().name = name;
      talkers_.back().first_ns = flow.first_ns;
    }
    Talker& talker = talkers_[entry->second];
    ++talker.flows;
    talker.packets += flow.all_packets();
    talker.bytes += flow.all_bytes();
    talker.sent_bytes += sent_bytes;
    talker.first_ns = std::min(talker.first_ns, flow.first_ns);
    talker.last_ns = std::max(talker.last_ns, flow.last_ns);
  }
  std::vector<Talker> take() { return std::move(talkers_); }

 private:
  std::unordered_map<std::string, std::size_t> known_;
  std::vector<Talker> talkers_;
};

// The server is who was spoken to first; its port names the service.
std::string service_of(const Flow& flow) {
  const FlowKey& key = flow.key;
  if (key.has_ports == 0) return protocol_text(key);
  return fmt::format("{}/{}", protocol_text(key), key.ports[1 - flow.initiator]);
}

}  // namespace

std::vector<Talker> talkers_of(const std::vector<Flow>& flows, Talkers kind) {
  TalkerSums sums;
  for (const Flow& flow : flows) {
    const std::string ends[2] = {end_text(flow.key, 0), end_text(flow.key, 1)};
    if (kind == Talkers::kService) {
      sums.add(service_of(flow), flow, flow.bytes[1 - flow.initiator]);
    } else if (kind == Talkers::kPair) {
      sums.add(ends[0] + " " + ends[1], flow, flow.bytes[0]);
    } else {
      sums.add(ends[0], flow, flow.bytes[0]);
      if (ends[1] != ends[0]) sums.add(ends[1], flow, flow.bytes[1]);
    }
  }
  return sums.take();
}

std::string talker_head(FlowStyle style, Talkers kind) {
  const char* const name = kind == Talkers::kService ? "service"
                           : kind == Talkers::kPair  ? "pair"
                                                     : "host";
  if (style == FlowStyle::kJson) return {};
  if (style == FlowStyle::kCsv) {
    return fmt::format("{},flows,packets,bytes,bytes_sent,start,end\n", name);
  }
  return fmt::format("{:<50} {:>10} {:>12} {:>16} {:>16}\n", name, "flows", "packets", "bytes",
                     "sent");
}

std::string talker_line(const Talker& talker, FlowStyle style, Talkers kind) {
  if (style == FlowStyle::kTable) {
    return fmt::format("{:<50} {:>10} {:>12} {:>16} {:>16}\n", talker.name, talker.flows,
                       talker.packets, talker.bytes, talker.sent_bytes);
  }
  if (style == FlowStyle::kCsv) {
    return fmt::format("{},{},{},{},{},{},{}\n", talker.name, talker.flows, talker.packets,
                       talker.bytes, talker.sent_bytes, utc_time(talker.first_ns),
                       utc_time(talker.last_ns));
  }
  const char* const name = kind == Talkers::kService ? "service"
                           : kind == Talkers::kPair  ? "pair"
                                                     : "host";
  return fmt::format(
      R"({{"{}":"{}","flows":{},"packets":{},"bytes":{},"bytes_sent":{},"start":"{}","end":"{}"}})"
      "\n",
      name, talker.name, talker.flows, talker.packets, talker.bytes, talker.sent_bytes,
      flow_time(talker.first_ns), flow_time(talker.last_ns));
}

}  // namespace capstan::tools
