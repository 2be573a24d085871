// Recorder: one recording from start to end. Opens all parts in the right order, runs the main
// thread's loop for signals, timers and link changes, and ends all parts.
//
// The parts: Capture (the rings), BlockConsumers (files, audit, index, printer), Links (the
// interfaces), Watchers (interfaces for programs and people outside).
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

// Created and run by the main thread, which never touches a packet.
class Recorder {
 public:
  // Opens everything; throws what Capture and RecordingWriter throw. Requires: options for which
  // validate_record_options() returns nothing. `consumers` are added to those that the options ask
  // for.
  Recorder(RecordOptions options, SignalEvents& signals,
           std::vector<std::unique_ptr<BlockConsumer>> consumers = {});
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Records until something ends it and returns the exit status. Prints to stderr.
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
  std::unique_ptr<FileHook> hook_;  // before everything that its process must not inherit
  Links links_;
  Capture capture_;
  ConsumerList consumers_;      // after capture_: destroyed first, which releases its blocks
  Outputs* outputs_ = nullptr;  // the first consumer
  std::optional<StatisticsFile> statistics_;
  Watchers watchers_;
  LiveLine live_;
  BacklogDrops backlog_;
  ClockWatch clock_;
  EndWish end_;
  std::uint64_t started_ns_ = 0;
  std::uint64_t started_boot_ns_ = 0;  // for -a duration
  std::uint64_t ended_ns_ = 0;         // 0: the recording goes on
  std::uint64_t next_stats_ns_ = 0;
  bool failed_ = false;  // ended for another reason than the user's wish
};

}  // namespace capstan::tools
