#include "tools/serve/dialling.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/clock.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/watch/exposition.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;
using Count = std::pair<const char*, std::uint64_t>;

// Half of the descriptors are for recordings and for who asks.
dial::DialLimits limits_here() {
  dial::DialLimits limits;
  struct rlimit files {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    limits.connections = std::min<std::size_t>(limits.connections, files.rlim_cur / 2);
  }
  return limits;
}

void add(tools::Exposition& out, const char* name, const char* type, const char* help,
         std::uint64_t value) {
  out.family(name, type, help);
  out.sample("", value);
}

void add(tools::Exposition& out, const char* name, const char* help, const char* label,
         std::initializer_list<Count> counts) {
  out.family(name, "counter", help);
  for (const auto& [value, count] : counts) {
    out.sample(fmt::format("{}=\"{}\"", label, value), count);
  }
}

std::string metrics_of(const dial::Dialer& dialer) {
  const dial::Dialer::Counts counts = dialer.counts();
  tools::Exposition out;
  add(out, "serve_dial_idle", "gauge", "Connections to the central host that wait to be used.",
      counts.idle);
  add(out, "serve_dial_made_total", "counter", "Connections made to the central host.",
      counts.dialled);
  add(out, "serve_dial_failed_total", "counter",
      "Times that dialling the central host did not work.", counts.failed);
  add(out, "serve_dial_ended_total", "What became of connections to the central host.", "how",
      {{"used", counts.handed_over - counts.turned_away},
       {"no_place_here", counts.turned_away},
       {"refused_there", counts.refused},
       {"closed", counts.ended}});
  return out.take();
}

std::string metrics_of(const dial::DialPool& pool, const dial::DialDesk& desk) {
  const dial::DialPool::Counts counts = pool.counts();
  const dial::DialDesk::Counts asked = desk.counts();
  tools::Exposition out;
  add(out, "serve_dialled_waiting", "gauge", "Connections that sensors dialled and nobody uses.",
      counts.waiting);
  add(out, "serve_dialled_accepted_total", "counter", "Connections to the port for sensors.",
      counts.accepted);
  add(out, "serve_dialled_ended_total", "What became of connections to the port for sensors.",
      "how",
      {{"given", counts.given},
       {"closed", counts.ended},
       {"garbage", counts.garbage},
       {"no_line", counts.no_line},
       {"too_many", counts.too_many}});
  add(out, "serve_dialled_asked_total", "counter",
      "Times that a sensor's connection was asked for.", asked.asked);
  add(out, "serve_dialled_without_total", "counter", "Of them, those that got none.",
      asked.without);
  return out.take();
}

Json json_of(const dial::Dialer& dialer) {
  const dial::Dialer::Counts counts = dialer.counts();
  const std::string trouble = dialer.trouble();
  const TcpName& central = dialer.options().central;
  return {{"central", fmt::format("{}:{}", central.host, central.port)},
          {"sensor", dialer.options().sensor},
          {"idle", counts.idle},
          {"made", counts.dialled},
          {"failed", counts.failed},
          {"used", counts.handed_over - counts.turned_away},
          {"trouble", trouble.empty() ? Json(nullptr) : Json(trouble)}};
}

Json json_of(const dial::DialPool& pool) {
  const std::uint64_t now_ns = monotonic_clock_ns();
  Json sensors = Json::array();
  for (const dial::DialPool::Seen& sensor : pool.seen(now_ns)) {
    const std::uint64_t last_ns = wall_clock_ns() - sensor.last_s_ago * kNanosecondsPerSecond;
    sensors.push_back({{"says", sensor.name},
                       {"waiting", sensor.waiting},
                       {"addresses", sensor.addresses},
                       {"last", tools::utc_time(last_ns)}});
  }
  return {{"waiting", pool.counts().waiting}, {"sensors", std::move(sensors)}};
}

}  // namespace

void Dialling::dial(dial::DialOptions options, dial::Dialer::HandOver hand_over) {
  dialer_.emplace(std::move(options), std::move(hand_over));
}

void Dialling::accept(UniqueFd listening, const std::string& desk_path) {
  pool_.emplace(std::move(listening), limits_here());
  desk_.emplace(desk_path, *pool_);
}

std::vector<int> Dialling::descriptors() const {
  std::vector<int> all;
  if (dialer_) all.push_back(dialer_->descriptor());
  if (pool_) all.insert(all.end(), {pool_->descriptor(), desk_->descriptor()});
  return all;
}

void Dialling::serve(std::uint64_t now_ns) {
  if (dialer_) dialer_->serve(now_ns);
  if (!pool_) return;
  pool_->serve(now_ns);
  desk_->serve(now_ns);
}

std::string Dialling::metrics() const {
  std::string text;
  if (dialer_) text += metrics_of(*dialer_);
  if (pool_) text += metrics_of(*pool_, *desk_);
  return text;
}

std::string Dialling::with_status(std::string json) const {
  const auto append = [&json](const char* name, const Json& value) {
    json.pop_back();
    json += fmt::format(",\"{}\":{}}}", name, tools::dump_json(value));
  };
  if (dialer_) append("dial", json_of(*dialer_));
  if (pool_) append("dialled", json_of(*pool_));
  return json;
}

}  // namespace capstan::serve
