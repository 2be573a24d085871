#include "tools/record/recorder.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/core/boot_clock.h"
#include "engine/core/clock.h"
#include "engine/core/joined.h"
#include "tools/common/capture_words.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/privileges/privileges.h"
#include "tools/record/ring_stats.h"
#include "tools/record/start_notes.h"

namespace capstan::tools {

namespace {

constexpr int kTickMs = 50;  // of the main loop
constexpr int kDrainTickMs = 2;

void say(const std::string& text, LogLevel level = LogLevel::kInfo) {
  standard_log().write(level, text);
}

}  // namespace

Recorder::Recorder(RecordOptions options, SignalEvents& signals,
                   std::vector<std::unique_ptr<BlockConsumer>> consumers)
    : options_(std::move(options)),
      signals_(signals),
      hook_(options_.on_file.empty() ? nullptr : std::make_unique<FileHook>(options_.on_file)),
      links_(options_.wait_for_interface),
      capture_(open_capture()),
      watchers_(options_, links_, [this] { return snapshot(); }),
      live_(options_.quiet) {
  const std::string statistics = options_.statistics_target();
  if (!statistics.empty()) statistics_.emplace(statistics);
  make_consumers(std::move(consumers));
  open();
}

// libpcap's compiler and name servers take their time, and hear no signal.
Capture Recorder::open_capture() const {
  const SignalEvents::Deadly deadly(signals_);
  CaptureOptions capture = options_.capture;
  capture.one_interface_id = options_.split_rings;
  return Capture(std::move(capture));
}

void Recorder::open() {
  links_.watch(capture_, signals_);
  say_start_notes();
  check_link_types(options_.link_type, capture_);
  consumers_.attach(capture_);
  std::string user;
  if (!options_.keep_privileges) {
    user = options_.user.empty() ? default_user(target_directories(options_)) : options_.user;
  }
  watchers_.open_listeners(user);
  if (!user.empty()) change_user(user);
  if (hook_ && !options_.keep_privileges) hook_->give_up_privileges(user);
  watchers_.open_status_socket();
  consumers_.open();
  if (options_.keep_privileges || !can_lock_down()) return;
  const std::string missing = lock_down(target_directories(options_), watchers_.status_directory());
  if (!missing.empty()) say(missing);
}

void Recorder::say_start_notes() const {
  const std::vector<RingInfo>& rings = capture_.rings();
  const bool one_file = !options_.split_rings && options_.format == FileFormat::kPcapng;
  const auto sizes = [this](const std::string& name) { return links_.packet_sizes(name); };
  for (const std::string& note : memory_notes(rings)) say(note);
  for (const std::string& note : packet_notes(rings, options_.capture.snaplen, sizes, one_file)) {
    say(note, LogLevel::kWarning);
  }
}

// For people and for scripts: from here on no packet is missed.
void Recorder::announce() const {
  if (options_.quiet) return;
  const std::size_t rings = capture_.ring_count();
  tools::say("capstan: listening on {}, recording to {}, {} ring{} of {}; Ctrl+C ends it\n",
             joined(options_.capture.interfaces, ", "), outputs_->names(), rings,
             rings == 1 ? "" : "s", human_bytes(capture_.ring_info(0).ring_size_bytes));
}

int Recorder::run() {
  consumers_.start(options_.capture.cpus);
  const Capture::Running running = capture_.start();
  announce();
  consumers_.started();
  capture_.finish_start();
  started_ns_ = monotonic_clock_ns();
  started_boot_ns_ = boot_clock_ns();
  live_.begin(started_ns_);
  next_stats_ns_ = started_ns_ + options_.stats_interval_ns;
  watchers_.recording(capture_.start_time_ns());
  while (!should_stop()) wait_and_handle(kTickMs);
  drain();
  return finish();
}

void Recorder::wait_and_handle(int timeout_ms) {
  const auto [metrics, status] = watchers_.descriptors();
  // poll() passes over descriptors that are -1.
  pollfd waits[] = {{signals_.descriptor(), POLLIN, 0},
                    {links_.descriptor(), POLLIN, 0},
                    {metrics, POLLIN, 0},
                    {status, POLLIN, 0}};
  ::poll(waits, std::size(waits), timeout_ms);
  while (const int signal = signals_.take()) on_signal(signal);
  if ((waits[1].revents & POLLIN) != 0) on_link_events();
  watchers_.serve();
  on_tick();
}

void Recorder::on_signal(int signal) {
  if (signal == SIGUSR2) {
    watchers_.say_status();
    return;
  }
  if (signal == SIGUSR1 || (signal == SIGHUP && options_.rotation.active())) {
    outputs_->request_turn();
    return;
  }
  if (signal == SIGHUP && (signals_.hangup_ignored() || signals_.terminal_gone())) {
    say(signals_.hangup_ignored() ? "SIGHUP is ignored, as nohup asked; SIGTERM ends the recording"
                                  : "the terminal is gone; the recording goes on, and SIGTERM ends "
                                    "it ('capstan status' shows how it does)",
        LogLevel::kNotice);
    return;
  }
  if (!end_.take(signal, monotonic_clock_ns())) return;
  if (end_.count() == 1) {
    if (live_.shown()) {
      say(signal == SIGINT ? "interrupted: writing what is in the ring"
                           : "ending: writing what is in the ring");
    }
    return;
  }
  if (!end_.impatient()) return;
  consumers_.leave();
  capture_.request_abandon();
}

bool Recorder::should_stop() const {
  if (end_.made() || capture_.packet_limit_reached() || links_.all_gone()) return true;
  if (options_.duration_ns != 0 && boot_clock_ns() - started_boot_ns_ >= options_.duration_ns) {
    return true;
  }
  return consumers_.wants_end();
}

void Recorder::on_tick() {
  consumers_.on_tick();
  watch_clock();
  const std::uint64_t now = monotonic_clock_ns();
  watchers_.tick(now);
  if (ended_ns_ != 0) return;
  if (options_.stats_interval_ns != 0 && now >= next_stats_ns_) {
    statistics_->write(snapshot());
    next_stats_ns_ += options_.stats_interval_ns;
  }
  live_.tick(now, [this] { return snapshot(); });
}

void Recorder::on_link_events() {
  links_.on_events([this](const LinkEvent& event, const std::string& text) {
    RecordedEvent recorded;
    recorded.timestamp_ns = wall_clock_ns();
    recorded.change = event.change;
    recorded.text = text;
    outputs_->add_event(std::move(recorded), event.interface_name);
  });
}

// The wall clock was set: told here and in every file, and nothing is done about it.
void Recorder::watch_clock() {
  const std::optional<ClockJump> jump = clock_.look(read_clocks());
  if (!jump) return;
  RecordedEvent event;
  event.timestamp_ns = jump->now_ns;
  event.change = LinkChange::kClockSet;
  event.text = clock_jump_text(*jump);
  say(event.text, LogLevel::kWarning);
  outputs_->add_event(std::move(event), {});
}

// Asked by the index's thread.
bool Recorder::is_busy() const noexcept { return a_ring_fills(capture_) || outputs_->in_trouble(); }

// Ends reception, empties the rings, closes the files, lets everybody finish what he has. A second
// interrupt meanwhile cuts it short.
void Recorder::drain() {
  ended_ns_ = monotonic_clock_ns();
  links_.end();
  watchers_.stopping();
  capture_.request_stop();
  while (!capture_.finished()) wait_and_handle(kDrainTickMs);
  consumers_.end(closing_ledgers(capture_, links_),
                 {[this] { wait_and_handle(kDrainTickMs); }, [this] { return end_.impatient(); }});
}

RecordStats Recorder::snapshot() {
  RecordStats stats;
  stats.impatient = end_.impatient();
  stats.backlog_drops = backlog_.total();
  stats.duration_ns = (ended_ns_ != 0 ? ended_ns_ : monotonic_clock_ns()) - started_ns_;
  stats.rings = ring_stats(capture_);
  links_.add_to(stats);
  watchers_.add_to(stats);
  consumers_.add_to(stats);
  return stats;
}

int Recorder::finish() {
  RecordStats stats = snapshot();
  stats.final = true;
  if (statistics_) statistics_->write(stats);
  standard_log().keep_live();
  failed_ = links_.vanished() || (statistics_ && statistics_->incomplete());
  for (const std::string& failure : consumers_.failures(stats)) {
    failed_ = true;
    say(failure);
  }
  const bool counts_wrong = !stats.reconciled();
  const std::string reports = consumers_.reports(stats);
  if (!reports.empty()) standard_log().put(reports);
  if (!options_.quiet || stats.lost() != 0 || counts_wrong || failed_) {
    standard_log().put(report_text(stats));
  }
  if (counts_wrong) failed_ = true;
  const int status = exit_status(stats);
  const auto exit_at_once = [&] {
    watchers_.close();
    ::_exit(status);
  };
  // Blocks may still be held, on purpose: see WriteQueue::give_up().
  if (end_.impatient()) exit_at_once();
  capture_.join();
  if (consumers_.somebody_is_stuck()) exit_at_once();
  consumers_.stop();
  wait_for_programs();
  return status;
}

// What went wrong with the recording comes in front of what was found on the link.
int Recorder::exit_status(const RecordStats& stats) const {
  if (failed_) return kExitFailed;
  // A packet that was cut is not whole in the file: that is loss too.
  const bool lost = stats.lost() != 0 || stats.sum(&RingStats::truncated) != 0;
  if (options_.fail_on_loss && lost) return kExitLoss;
  if (!stats.audit) return kExitDone;
  if (stats.audit->logins != 0) return kExitFindings;
  const bool all_audited =
      stats.lost() == 0 && stats.audit->packets_skipped == 0 && stats.audit->left_out == 0;
  return all_audited ? kExitDone : kExitNotAll;
}

// The recording is over; the programs of --on-file may not be. A further signal leaves them to
// themselves.
void Recorder::wait_for_programs() {
  if (!hook_) return;
  const int before = end_.count();
  while (!hook_->finished() && end_.count() == before) wait_and_handle(kTickMs);
}

}  // namespace capstan::tools
