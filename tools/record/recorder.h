// Recorder: one recording from start to end. Puts capture, queues and writers together, and runs
// the main thread's loop of signals, timers and link changes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/capture/capture.h"
#include "engine/capture/link_watch.h"
#include "tools/record/onlooker.h"
#include "tools/record/record_stats.h"
#include "tools/record_cli.h"
#include "tools/signals.h"
#include "writers/writer_thread.h"

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
  std::vector<std::string> target_directories() const;
  std::function<void()> confinement() const;
  void open_writers();
  RecordingOptions recording_options(std::size_t output) const;
  RecordingHeader recording_header(std::size_t output) const;
  std::string output_path(std::size_t output) const;
  void finish_leftover(const std::string& path);
  void finish_leftovers(const std::string& pattern);
  void announce() const;
  void wait_and_handle(std::uint64_t deadline_ns);
  bool should_stop();
  void on_signal(int signal);
  void on_link_events();
  void on_tick();
  void drain();
  void drain_onlooker();
  RecordStats snapshot() const;
  void write_stats(const RecordStats& stats);
  void say(const std::string& text);
  int finish();

  RecordCommandLine line_;
  SignalEvents& signals_;
  LinkWatch links_;
  Capture capture_;
  std::vector<std::unique_ptr<WriterThread>>
      writers_;                         // after capture_: they let go of blocks first
  std::unique_ptr<Onlooker> onlooker_;  // so does he
  bool onlooker_stuck_ = false;
  std::vector<std::uint64_t> nic_drops_at_start_;
  UniqueFd stats_fd_;
  std::uint64_t started_ns_ = 0;
  std::uint64_t ended_ns_ = 0;
  std::uint64_t next_live_ns_ = 0;
  std::uint64_t next_stats_ns_ = 0;
  std::uint64_t last_live_ns_ = 0;
  RecordStats last_live_;
  bool live_ = false;
  bool live_line_shown_ = false;
  int interrupts_ = 0;
  bool failed_ = false;  // ended by something other than the user's wish
};

}  // namespace capstan::tools
