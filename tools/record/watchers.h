// Watchers: everybody who looks at a recording from outside and costs it nothing: systemd,
// Prometheus, `capstan status`, the alarms of the log.
//
// In the recorder's loop and thread; only the room on the disks is looked at by a thread of its
// own (space_watch.h).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/record/links.h"
#include "tools/record/record_options.h"
#include "tools/record/record_stats.h"
#include "tools/watch/alarms.h"
#include "tools/watch/metrics_server.h"
#include "tools/watch/service_notify.h"
#include "tools/watch/space_watch.h"
#include "tools/watch/status_socket.h"

namespace capstan::tools {

class Watchers {
 public:
  // `options` and `links` outlive this. `snapshot`: how the recording stands, asked when somebody
  // looks.
  Watchers(const RecordOptions& options, const Links& links, std::function<RecordStats()> snapshot);

  // Before privileges are given up: a port below 1024 and /run may take them. `user`: whose the
  // recording will be; empty: as now.
  void open_listeners(const std::string& user);
  // As that user, who is to remove it at the end.
  void open_status_socket();
  // Where the status socket's name is: it must be removable; empty: nowhere.
  const std::string& status_directory() const noexcept { return status_directory_; }

  // The recording has begun, `since_ns` nanoseconds after 1970; ends.
  void recording(std::uint64_t since_ns);
  void stopping() { service_.stopping(); }
  // The socket goes away; the process may end at once.
  void close() noexcept { status_socket_.reset(); }

  // For poll(2); -1: none.
  std::array<int, 2> descriptors() const noexcept;
  // Answers who waits.
  void serve();
  // Several times a second.
  void tick(std::uint64_t now_ns);
  // SIGUSR2: the figures for people.
  void say_status();

  void add_to(RecordStats& stats) const;

 private:
  RecordStats seen_from_outside() const;
  nlohmann::json status_json();
  std::string status_line();
  void look_for_alarms(std::uint64_t now_ns);

  const RecordOptions& options_;
  const Links& links_;
  std::function<RecordStats()> snapshot_;
  std::uint64_t since_ns_ = 0;
  ServiceNotify service_;
  Alarms alarms_;
  std::uint64_t next_alarms_ns_ = 0;
  std::unique_ptr<SpaceWatch> space_;  // from recording() on
  std::unique_ptr<MetricsServer> metrics_;
  std::string status_directory_;
  std::unique_ptr<StatusSocket> status_socket_;
};

}  // namespace capstan::tools
