#include "tools/record/watchers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "engine/format/part_name.h"
#include "tools/common/json_text.h"
#include "tools/common/listening.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/privileges/privileges.h"
#include "tools/record/metrics_text.h"
#include "tools/record/outputs.h"
#include "tools/record/record_stats.h"
#include "tools/watch/status_text.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kAlarmIntervalNs = 250 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kMetricsIntervalNs = kNanosecondsPerSecond;
constexpr int kMetricsBacklog = 16;

}  // namespace

Watchers::Watchers(const RecordOptions& options, const Links& links,
                   std::function<RecordStats()> snapshot)
    : options_(options),
      links_(links),
      snapshot_(std::move(snapshot)),
      alarms_(options.watch.alarms) {}

void Watchers::open_listeners(const std::string& user) {
  if (options_.watch.metrics) {
    const std::string& where = options_.watch.metrics->text;
    metrics_socket_ = listening_socket(options_.watch.metrics->address.family());
    const int error = metrics_socket_ ? begin_metrics() : errno;
    if (error != 0 && !may_listen_later(error)) {
      throw_system_error(error, fmt::format("listen on {} for --metrics", where));
    }
    if (error != 0) {
      standard_log().write(LogLevel::kWarning,
                           fmt::format("--metrics {}: {}; it is tried again every second, and the "
                                       "recording does not wait for it",
                                       where, errno_text(error)));
    }
  }
  if (!options_.watch.status_socket.empty()) return;
  const UserIds owner = user.empty() ? UserIds{::geteuid(), ::getegid()} : user_ids(user);
  status_directory_ = make_runtime_directory(owner.user, owner.group);
}

// 0, or an errno value.
int Watchers::begin_metrics() {
  const int error =
      begin_listening(metrics_socket_.get(), options_.watch.metrics->address, kMetricsBacklog);
  if (error != 0) return error;
  metrics_ = std::make_unique<MetricsServer>(std::move(metrics_socket_),
                                             [this] { return metrics_text(seen_from_outside()); });
  return 0;
}

void Watchers::try_metrics(std::uint64_t now_ns) {
  if (!metrics_socket_ || now_ns < next_metrics_ns_) return;
  next_metrics_ns_ = now_ns + kMetricsIntervalNs;
  try {
    if (begin_metrics() != 0) return;
  } catch (const std::runtime_error& error) {  // the recording goes on
    metrics_socket_.reset();
    standard_log().write(LogLevel::kWarning, error.what());
    return;
  }
  standard_log().write(LogLevel::kNotice, fmt::format("--metrics {}: it is listened on now",
                                                      options_.watch.metrics->text));
}

void Watchers::open_status_socket() {
  const std::string& chosen = options_.watch.status_socket;
  if (chosen == "none") return;
  if (!chosen.empty()) {
    status_socket_ = std::make_unique<StatusSocket>(chosen);
    status_directory_ = directory_of(chosen);
    return;
  }
  if (status_directory_.empty()) return;
  remove_dead_sockets(status_directory_);
  try {
    status_socket_ =
        std::make_unique<StatusSocket>(fmt::format("{}/{}.sock", status_directory_, ::getpid()));
  } catch (const std::system_error& error) {
    standard_log().write(
        LogLevel::kInfo,
        fmt::format("'capstan status' will not reach this recorder: {}", error.what()));
    status_directory_.clear();
  }
}

void Watchers::recording(std::uint64_t since_ns) {
  since_ns_ = since_ns;
  space_ = std::make_unique<SpaceWatch>(target_directories(options_));
  service_.ready(status_line());
}

std::array<int, 2> Watchers::descriptors() const noexcept {
  return {metrics_ ? metrics_->descriptor() : -1,
          status_socket_ ? status_socket_->descriptor() : -1};
}

void Watchers::serve() {
  if (metrics_) metrics_->serve();
  // A path may be no UTF-8: what is not is replaced.
  if (status_socket_) status_socket_->serve([this] { return dump_json(status_json()) + '\n'; });
}

void Watchers::tick(std::uint64_t now_ns) {
  look_for_alarms(now_ns);
  try_metrics(now_ns);
  service_.tick(now_ns, [this] { return status_line(); });
}

// Who asks stands in another directory.
RecordStats Watchers::seen_from_outside() const {
  RecordStats stats = snapshot_();
  for (FileStats& file : stats.files) {
    file.path = absolute_path(file.path);
    for (FinishedFile& finished : file.finished) finished.path = absolute_path(finished.path);
  }
  if (stats.audit) stats.audit->path = absolute_path(stats.audit->path);
  return stats;
}

nlohmann::json Watchers::status_json() {
  return {{"pid", ::getpid()},
          {"version", CAPSTAN_VERSION},
          {"interfaces", options_.capture.interfaces},
          {"since_ns", since_ns_},
          {"stats", to_json(seen_from_outside())}};
}

void Watchers::say_status() { standard_log().put(status_text(status_json())); }

std::string Watchers::status_line() {
  const RecordStats stats = snapshot_();
  return fmt::format(
      "recording {}: {} packets, {} lost, {} written", joined(options_.capture.interfaces, ", "),
      grouped(stats.sum(&RingStats::received)), grouped(stats.lost() + stats.nic_drops),
      human_bytes(stats.sum(&FileStats::bytes)));
}

void Watchers::look_for_alarms(std::uint64_t now_ns) {
  if (now_ns < next_alarms_ns_) return;
  next_alarms_ns_ = now_ns + kAlarmIntervalNs;
  const RecordStats stats = snapshot_();
  AlarmInputs inputs;
  inputs.now_ns = now_ns;
  for (const RingStats& ring : stats.rings) {
    const auto known =
        std::find_if(inputs.links.begin(), inputs.links.end(),
                     [&](const auto& link) { return link.interface_name == ring.interface_name; });
    if (known == inputs.links.end()) {
      inputs.links.push_back({ring.interface_name, ring.received, ring.dropped,
                              links_.nic_drops_said(ring.interface_name)});
    } else {
      known->received += ring.received;
      known->dropped += ring.dropped;
    }
  }
  inputs.disks = stats.disks;
  inputs.failed = stats.sum(&FileStats::failed);
  for (const AlarmLine& line : alarms_.update(inputs)) {
    standard_log().write(line.begins ? LogLevel::kWarning : LogLevel::kNotice, line.text);
  }
}

void Watchers::add_to(RecordStats& stats) const {
  stats.alarms = alarms_.states();
  if (space_) stats.disks = space_->disks();
}

}  // namespace capstan::tools
