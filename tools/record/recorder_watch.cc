// The part of Recorder that tells the outside how it does: log, alarms, metrics, status, systemd.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "engine/core/clock.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/privileges/privileges.h"
#include "tools/record/metrics_text.h"
#include "tools/record/recorder.h"
#include "tools/watch/status_text.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kAlarmIntervalNs = 250 * kNanosecondsPerMillisecond;

}  // namespace

// Before privileges are given up: a port below 1024 and /run may take them.
void Recorder::open_listeners(const std::string& user) {
  if (line_.watch.metrics) {
    metrics_ = std::make_unique<MetricsServer>(listen_on(*line_.watch.metrics),
                                               [this] { return metrics_text(snapshot()); });
  }
  if (!line_.watch.status_socket.empty()) return;
  const UserIds owner = user.empty() ? UserIds{::geteuid(), ::getegid()} : user_ids(user);
  status_directory_ = make_runtime_directory(owner.user, owner.group);
}

// As the user who is to remove it at the end.
void Recorder::open_status_socket() {
  const std::string& chosen = line_.watch.status_socket;
  if (chosen == "none") return;
  if (!chosen.empty()) {
    status_socket_ = std::make_unique<StatusSocket>(chosen);
    status_directory_ = std::filesystem::path(chosen).parent_path();
    if (status_directory_.empty()) status_directory_ = ".";
    return;
  }
  if (status_directory_.empty()) return;
  remove_dead_sockets(status_directory_);
  try {
    status_socket_ =
        std::make_unique<StatusSocket>(fmt::format("{}/{}.sock", status_directory_, ::getpid()));
  } catch (const std::system_error& error) {
    say(fmt::format("'capstan status' will not reach this recorder: {}", error.what()));
    status_directory_.clear();
  }
}

void Recorder::serve_watchers() {
  if (metrics_) metrics_->serve();
  if (status_socket_) status_socket_->serve([this] { return status_answer(); });
}

// A path may be no UTF-8: what is not is replaced.
std::string Recorder::status_answer() { return dump_json(status_json()) + '\n'; }

nlohmann::json Recorder::status_json() {
  return {{"pid", ::getpid()},
          {"version", CAPSTAN_VERSION},
          {"interfaces", line_.capture.interfaces},
          {"since_ns", capture_.start_time_ns()},
          {"stats", to_json(snapshot())}};
}

void Recorder::say_status() { log_.put(status_text(status_json())); }

std::string Recorder::status_line() {
  const RecordStats stats = snapshot();
  return fmt::format(
      "recording {}: {} packets, {} lost, {} written", fmt::join(line_.capture.interfaces, ", "),
      grouped(stats.sum(&RingStats::received)), grouped(stats.lost() + stats.nic_drops),
      human_bytes(stats.sum(&FileStats::bytes)));
}

void Recorder::look_for_alarms(std::uint64_t now_ns) {
  if (now_ns < next_alarms_ns_) return;
  next_alarms_ns_ = now_ns + kAlarmIntervalNs;
  const RecordStats stats = snapshot();
  AlarmInputs inputs;
  inputs.now_ns = now_ns;
  for (const RingStats& ring : stats.rings) {
    const auto known =
        std::find_if(inputs.links.begin(), inputs.links.end(),
                     [&](const auto& link) { return link.interface_name == ring.interface_name; });
    if (known == inputs.links.end()) {
      inputs.links.push_back({ring.interface_name, ring.received, ring.dropped,
                              nic_drops_.at(ring.interface_name).total()});
    } else {
      known->received += ring.received;
      known->dropped += ring.dropped;
    }
  }
  inputs.disks = stats.disks;
  inputs.failed = stats.sum(&FileStats::failed);
  for (const AlarmLine& line : alarms_.update(inputs)) {
    say(line.text, line.begins ? LogLevel::kWarning : LogLevel::kNotice);
  }
}

}  // namespace capstan::tools
