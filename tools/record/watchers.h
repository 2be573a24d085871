// Watchers: answers everyone who observes a recording from outside, at no cost to the recording:
// systemd, Prometheus, `capstan status`, and the alarms in the log.
//
// Runs in the recorder's loop and thread; only free disk space is measured by a thread of its own
// (space_watch.h).
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
  // `options` and `links` must outlive this object. `snapshot`: returns the current statistics;
  // called when somebody asks.
  Watchers(const RecordOptions& options, const Links& links, std::function<RecordStats()> snapshot);

  // Called before privileges are dropped, because a port below 1024 and /run may require them.
  // `user`: the user who will own the recording; empty: the present one.
  void open_listeners(const std::string& user);
  // Called as that user, who has to be able to delete the socket at the end.
  void open_status_socket();
  // The directory of the status socket, in which it must stay deletable; empty: there is none.
  const std::string& status_directory() const noexcept { return status_directory_; }

  // recording(): the recording has begun, `since_ns` nanoseconds after 1970. stopping(): it ends.
  void recording(std::uint64_t since_ns);
  void stopping() { service_.stopping(); }
  // Removes the status socket; the process may end at once afterwards.
  void close() noexcept { status_socket_.reset(); }

  // Descriptors for poll(2); -1: none.
  std::array<int, 2> descriptors() const noexcept;
  // Answers all clients that wait.
  void serve();
  // To be called several times a second.
  void tick(std::uint64_t now_ns);
  // For SIGUSR2: logs the statistics as text for people.
  void say_status();

  void add_to(RecordStats& stats) const;

 private:
  RecordStats seen_from_outside() const;
  nlohmann::json status_json();
  std::string status_line();
  void look_for_alarms(std::uint64_t now_ns);
  int begin_metrics();
  void try_metrics(std::uint64_t now_ns);

  const RecordOptions& options_;
  const Links& links_;
  std::function<RecordStats()> snapshot_;
  std::uint64_t since_ns_ = 0;
  ServiceNotify service_;
  Alarms alarms_;
  std::uint64_t next_alarms_ns_ = 0;
  std::unique_ptr<SpaceWatch> space_;  // set by recording()
  UniqueFd metrics_socket_;            // until it listens
  std::uint64_t next_metrics_ns_ = 0;
  std::unique_ptr<MetricsServer> metrics_;
  std::string status_directory_;
  std::unique_ptr<StatusSocket> status_socket_;
};

}  // namespace capstan::tools
