// Recorder: one recording from start to end. Opens what takes part in it in the right order, runs
// the main thread's loop of signals, timers and link changes, and brings all of it to an end.
//
// What takes part: Capture (the rings), BlockConsumers (files, audit, index, printer), Links (the
// interfaces), Watchers (who looks from outside).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/capture/capture.h"
#include "tools/common/signals.h"
#include "tools/record/consumer_list.h"
#include "tools/record/file_hook.h"
#include "tools/record/links.h"
#include "tools/record/live_line.h"
#include "tools/record/outputs.h"
#include "tools/record/record_options.h"
#include "tools/record/record_stats.h"
#include "tools/record/statistics_file.h"
#include "tools/record/watchers.h"
#include "tools/watch/backlog_drops.h"
#include "tools/watch/clock_watch.h"

namespace capstan::tools {

// Made and run by the main thread, which never touches a packet.
class Recorder {
 public:
  // Opens everything; throws what Capture and RecordingWriter throw. Requires: options that
  // validate_record_options() finds nothing wrong with. `consumers` join those that the options
  // ask for.
  Recorder(RecordOptions options, SignalEvents& signals,
           std::vector<std::unique_ptr<BlockConsumer>> consumers = {});
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Records until something ends it; returns the exit status. Prints to stderr.
  int run();

 private:
  Capture open_capture() const;
  void make_consumers(std::vector<std::unique_ptr<BlockConsumer>> more);
  void open();
  void say_start_notes() const;
  void announce() const;
  void wait_and_handle(int timeout_ms);
  void on_signal(int signal);
  void on_tick();
  void on_link_events();
  void watch_clock();
  bool should_stop() const;
  bool is_busy() const noexcept;
  void drain();
  RecordStats snapshot();
  int finish();
  int exit_status(const RecordStats& stats) const;
  void wait_for_programs();

  RecordOptions options_;
  SignalEvents& signals_;
  std::unique_ptr<FileHook> hook_;  // before all that its process must not inherit
  Links links_;
  Capture capture_;
  ConsumerList consumers_;      // after capture_: they let go of its blocks first
  Outputs* outputs_ = nullptr;  // the first of them
  std::optional<StatisticsFile> statistics_;
  Watchers watchers_;
  LiveLine live_;
  BacklogDrops backlog_;
  ClockWatch clock_;
  EndWish end_;
  std::uint64_t started_ns_ = 0;
  std::uint64_t started_boot_ns_ = 0;  // for -a duration
  std::uint64_t ended_ns_ = 0;         // 0: it goes on
  std::uint64_t next_stats_ns_ = 0;
  bool failed_ = false;  // ended by something other than the user's wish
};

}  // namespace capstan::tools
