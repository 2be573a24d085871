// Recorder: one recording from start to end. Puts capture, queues and writers together, and runs
// the main thread's loop of signals, timers and link changes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/capture/capture.h"
#include "engine/capture/link_watch.h"
#include "engine/core/clock.h"
#include "tools/audit/audit_worker.h"
#include "tools/common/line_output.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/record/file_hook.h"
#include "tools/record/index_beside.h"
#include "tools/record/onlooker.h"
#include "tools/record/record_cli.h"
#include "tools/record/record_stats.h"
#include "tools/watch/alarms.h"
#include "tools/watch/backlog_drops.h"
#include "tools/watch/clock_watch.h"
#include "tools/watch/metrics_server.h"
#include "tools/watch/nic_drops.h"
#include "tools/watch/service_notify.h"
#include "tools/watch/space_watch.h"
#include "tools/watch/status_socket.h"
#include "writers/recording/writer_thread.h"

namespace capstan::tools {

// Made and run by the main thread, which never touches a packet.
class Recorder {
 public:
  // Opens everything; throws what Capture and RecordingWriter throw. `onlooker` may be null.
  Recorder(RecordCommandLine line, SignalEvents& signals,
           std::unique_ptr<Onlooker> onlooker = nullptr);
  ~Recorder();

  // Records until something ends it; returns the exit status. Prints to stderr.
  int run();

 private:
  static constexpr std::uint64_t kTickNs = 50 * kNanosecondsPerMillisecond;  // of the main loop

  static Capture open_capture(const CaptureOptions& options, const SignalEvents& signals);
  std::vector<std::string> target_directories() const;
  std::function<void()> confinement() const;
  void open_writers();
  RecordingOptions recording_options(std::size_t output);
  RecordingHeader recording_header(std::size_t output) const;
  std::string output_path(std::size_t output) const;
  void say_start_notes();
  void announce() const;
  void wait_and_handle(std::uint64_t deadline_ns);
  bool should_stop();
  void on_signal(int signal);
  void on_link_events();
  void on_tick();
  void drain();
  void drain_onlooker();
  RecordStats snapshot();
  void write_stats(const RecordStats& stats);
  void say(const std::string& text, LogLevel level = LogLevel::kInfo);
  // recorder_watch.cc
  void open_listeners(const std::string& user);
  void open_status_socket();
  void serve_watchers();
  nlohmann::json status_json();
  std::string status_answer();
  void say_status();
  std::string status_line();
  void look_for_alarms(std::uint64_t now_ns);
  // recorder_storage.cc
  static UniqueFd open_output(const std::string& target, std::string_view what);
  void open_names_file();
  std::function<void(const FinishedFile&)> on_finished_file();
  void set_storage_options(RecordingOptions& options);
  void finish_leftover(const std::string& path);
  void finish_leftovers(const std::string& pattern);
  void watch_disks();
  void watch_clock();
  void wait_for_programs();
  // recorder_audit.cc
  void start_audit();
  void finish_audit();
  AuditStats audit_stats() const;
  std::uint64_t sum(Counter RingCounters::*counter) const noexcept;
  // recorder_index.cc
  bool wants_index() const noexcept;
  bool is_busy() const noexcept;
  void start_index();
  void finish_index();
  void watch_index();
  // recorder_links.cc
  void watch_links();
  bool waits_for_links() const noexcept;
  void put_in_recording(const LinkEvent& event, const std::string& text);
  void reattach(const LinkEvent& event);
  int finish();
  int exit_status(const RecordStats& stats) const;

  RecordCommandLine line_;
  Log& log_ = standard_log();
  SignalEvents& signals_;
  std::unique_ptr<FileHook> hook_;  // before all that its process must not inherit
  LinkWatch links_;
  Capture capture_;
  std::unique_ptr<IndexBeside> index_;  // null: none is made; writers tell it of their files
  bool index_failure_said_ = false;
  std::vector<std::unique_ptr<WriterThread>>
      writers_;                         // after capture_: they let go of blocks first
  std::unique_ptr<AuditWorker> audit_;  // null: none was asked for; after capture_ too
  std::unique_ptr<Onlooker> onlooker_;  // so does he
  bool onlooker_stuck_ = false;
  std::map<std::string, NicDrops> nic_drops_;   // by interface
  std::map<std::string, NicDrops> rx_dropped_;  // the same
  BacklogDrops backlog_;
  std::array<std::uint8_t, 16> recording_id_{};
  UniqueFd stats_fd_;
  std::optional<LineOutput> stats_;
  int stats_error_ = 0;  // said last
  ServiceNotify service_;
  Alarms alarms_;
  ClockWatch clock_;
  std::unique_ptr<SpaceWatch> space_;  // from start to end
  std::unique_ptr<MetricsServer> metrics_;
  std::string status_directory_;  // where the status socket's name is
  std::unique_ptr<StatusSocket> status_socket_;
  std::uint64_t next_alarms_ns_ = 0;
  UniqueFd names_fd_;  // finished files' names go here
  std::optional<LineOutput> names_;
  struct FileTrouble {
    int trouble = 0;  // errno value said last; 0: none
    std::uint64_t since_ns = 0;
    int delete_error = 0;  // the same of retention
    int turn_error = 0;    // the same of a turn that cannot be
    std::uint64_t syncs_refused = 0;
  };
  std::vector<FileTrouble> troubles_;  // by writer
  std::uint64_t started_ns_ = 0;
  std::uint64_t started_boot_ns_ = 0;  // for -a duration
  std::uint64_t ended_ns_ = 0;
  std::uint64_t next_live_ns_ = 0;
  std::uint64_t next_stats_ns_ = 0;
  std::uint64_t last_live_ns_ = 0;
  RecordStats last_live_;
  bool live_ = false;
  EndWish end_;
  bool failed_ = false;  // ended by something other than the user's wish
};

}  // namespace capstan::tools
