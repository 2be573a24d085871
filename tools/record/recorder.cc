#include "tools/record/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/core/boot_clock.h"
#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/privileges/privileges.h"
#include "tools/record/start_notes.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kLiveIntervalNs = 500 * kNanosecondsPerMillisecond;
// After a second interrupt, how long the files may take to be closed before the process goes
// anyway. A pipe needs no closing: its writer only may be waiting for a reader.
constexpr std::uint64_t kAbandonLimitNs = 5 * kNanosecondsPerSecond;
constexpr std::uint64_t kAbandonStreamLimitNs = 200 * kNanosecondsPerMillisecond;
// How long an onlooker may make no progress at the end.
constexpr std::uint64_t kOnlookerPatienceNs = kNanosecondsPerSecond;
// How long the last line of the statistics may take to be written.
constexpr int kLastLinePatienceMs = 2000;

}  // namespace

Recorder::Recorder(RecordCommandLine line, SignalEvents& signals,
                   std::unique_ptr<Onlooker> onlooker)
    : line_(std::move(line)),
      signals_(signals),
      hook_(line_.on_file.empty() ? nullptr : std::make_unique<FileHook>(line_.on_file)),
      capture_(open_capture(line_.capture, signals)),
      onlooker_(std::move(onlooker)),
      alarms_(line_.watch.alarms) {
  // Tells the files of this recording from others. Without entropy it is zeros, and files are told
  // apart by less.
  [[maybe_unused]] const ssize_t random =
      ::getrandom(recording_id_.data(), recording_id_.size(), GRND_NONBLOCK);
  live_ = !line_.quiet && ::isatty(STDERR_FILENO) != 0;
  if (!line_.stats_file.empty()) {
    stats_fd_ = open_output(line_.stats_file, "the statistics");
    stats_.emplace(stats_fd_.get());
  }
  if (wants_index()) {
    index_ = std::make_unique<IndexBeside>(line_.sync_at_close, [this] { return is_busy(); });
  }
  if (!line_.audit_file.empty()) audit_ = std::make_unique<AuditWorker>(line_.audit_file);
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    const RingInfo& info = capture_.ring_info(ring);
    if (info.ring_size_bytes < info.asked_size_bytes) {
      say(fmt::format("{}: there is no memory for a ring of {}, got {} ({} blocks)",
                      info.interface_name, human_bytes(info.asked_size_bytes),
                      human_bytes(info.ring_size_bytes), info.block_count));
    }
  }
  watch_links();
  say_start_notes();
  open_names_file();
  std::string user;
  if (!line_.keep_privileges) {
    user = line_.user.empty() ? default_user(target_directories()) : line_.user;
  }
  open_listeners(user);
  if (!user.empty()) change_user(user);
  if (hook_ && !line_.keep_privileges) hook_->give_up_privileges(user);
  open_status_socket();
  if (onlooker_) onlooker_->attach(capture_);
  open_writers();
  if (!line_.keep_privileges && can_lock_down()) {
    const std::string missing = lock_down(target_directories(), status_directory_);
    if (!missing.empty()) say(missing);
  }
  if (audit_) start_audit();
  if (index_) start_index();  // last: behind it nothing fails, and its thread looks at the others
}

Recorder::~Recorder() {
  if (!index_) return;
  index_->leave();  // its thread looks at rings and writers
  index_->join();
}

// libpcap's compiler and name servers take their time, and hear no signal.
Capture Recorder::open_capture(const CaptureOptions& options, const SignalEvents& signals) {
  const SignalEvents::Deadly deadly(signals);
  return Capture(options);
}

std::vector<std::string> Recorder::target_directories() const {
  std::vector<std::string> directories;
  for (const std::string& file : line_.files) {
    std::error_code ignored;
    // Standard output, devices and pipes are opened once, before anything is given up.
    if (file == "-" || (std::filesystem::exists(file, ignored) &&
                        !std::filesystem::is_regular_file(file, ignored))) {
      continue;
    }
    const std::string directory = std::filesystem::path(file).parent_path().string();
    directories.push_back(directory.empty() ? "." : directory);
  }
  return directories;
}

std::string Recorder::output_path(std::size_t output) const {
  if (!line_.split_rings) return line_.files[output];
  const std::filesystem::path whole(line_.files[0]);
  return (whole.parent_path() /
          fmt::format("{}.ring{}{}", whole.stem().string(), output, whole.extension().string()))
      .string();
}

RecordingHeader Recorder::recording_header(std::size_t output) const {
  RecordingHeader header;
  header.application = fmt::format("capstan {}", CAPSTAN_VERSION);
  utsname system{};
  if (::uname(&system) == 0) {
    header.os = fmt::format("{} {}", system.sysname, system.release);
    header.hardware = system.machine;
  }
  if (line_.files.size() > 1) {
    header.comment = fmt::format("stripe {} of {}", output + 1, line_.files.size());
    header.stripe = static_cast<std::uint32_t>(output + 1);
    header.stripes = static_cast<std::uint32_t>(line_.files.size());
  }
  header.id = recording_id_;
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    if (line_.split_rings && ring != output) continue;
    const RingInfo& info = capture_.ring_info(ring);
    RecordedInterface interface;
    interface.name = info.interface_name;
    if (line_.capture.rings_per_interface > 1) {
      interface.description = fmt::format("ring {} of {}", info.ring_of_interface + 1,
                                          line_.capture.rings_per_interface);
    }
    interface.filter = line_.capture.filter;
    interface.link_type = info.link_type;
    interface.snaplen = line_.capture.snaplen;
    header.interfaces.push_back(std::move(interface));
  }
  return header;
}

RecordingOptions Recorder::recording_options(std::size_t output) {
  RecordingOptions options;
  options.file.path = output_path(output);
  options.file.direct = line_.direct;
  if (line_.size_limit_bytes != 0) {
    options.file.preallocate_bytes =
        std::min(options.file.preallocate_bytes, line_.size_limit_bytes + (4U << 20));
  }
  set_storage_options(options);
  options.format = line_.format;
  options.layout = line_.layout;
  options.header = recording_header(output);
  if (line_.split_rings) options.first_ring = static_cast<std::uint32_t>(output);
  options.confine_thread = confinement();
  options.size_limit_bytes = line_.size_limit_bytes;
  options.merge_window_ns =
      (2 * std::uint64_t{line_.capture.retire_timeout_ms} + 50) * kNanosecondsPerMillisecond;
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    if (line_.split_rings && ring != output) continue;
    options.blocks_per_ring.push_back(capture_.ring_info(ring).block_count);
    options.ring_memory.push_back(capture_.ring_memory(ring));
  }
  return options;
}

// What each thread that exists before the capture starts does to give up what it no longer needs.
std::function<void()> Recorder::confinement() const {
  if (line_.keep_privileges || !can_lock_down()) return {};
  return [directories = target_directories()] { lock_down(directories); };
}

void Recorder::open_writers() {
  const std::size_t rings = capture_.ring_count();
  const std::size_t outputs = line_.split_rings ? rings : line_.files.size();
  for (std::size_t output = 0; output < outputs; ++output) {
    std::vector<std::uint32_t> places;
    for (std::size_t ring = 0; ring < rings; ++ring) {
      if (line_.split_rings && ring != output) continue;
      places.push_back(capture_.ring_info(ring).block_count);
    }
    WriterThreadOptions options;
    options.name = fmt::format("writer-{}", output);
    options.cpus = line_.capture.cpus;
    options.when_open = confinement();
    writers_.push_back(std::make_unique<WriterThread>(std::move(options), places));
    for (std::size_t ring = 0, queue = 0; ring < rings; ++ring) {
      if (line_.split_rings && ring != output) continue;
      capture_.add_stripe(ring, writers_.back()->queue(queue++));
    }
    if (line_.rotation.active()) {
      finish_leftovers(output_path(output));
    } else {
      finish_leftover(output_path(output));
    }
    writers_.back()->start(recording_options(output), [this] {
      while (const int signal = signals_.take()) {
        if (signal != SIGUSR1 && signal != SIGUSR2) end_.take(signal, monotonic_clock_ns());
      }
      return !end_.made();
    });
    for (const std::string& note : writers_.back()->notes()) say(note);
  }
}

void Recorder::say(const std::string& text, LogLevel level) { log_.write(level, text); }

void Recorder::announce() const {
  if (line_.quiet || !live_) return;
  std::string interfaces;
  for (const std::string& name : line_.capture.interfaces) {
    interfaces += (interfaces.empty() ? "" : ", ") + name;
  }
  std::string files;
  for (const auto& writer : writers_) files += (files.empty() ? "" : ", ") + writer->path();
  log_.put(fmt::format("capstan: recording {} to {}, {} ring{} of {}; Ctrl+C ends it\n", interfaces,
                       files, capture_.ring_count(), capture_.ring_count() == 1 ? "" : "s",
                       human_bytes(capture_.ring_info(0).ring_size_bytes)));
}

int Recorder::run() {
  announce();
  if (onlooker_) onlooker_->start();
  const Capture::Running running = capture_.start();
  if (onlooker_) onlooker_->started();
  started_ns_ = monotonic_clock_ns();
  started_boot_ns_ = boot_clock_ns();
  next_live_ns_ = last_live_ns_ = started_ns_;
  next_stats_ns_ = started_ns_ + line_.stats_interval_ns;
  space_ = std::make_unique<SpaceWatch>(target_directories());
  service_.ready(status_line());
  while (!should_stop()) wait_and_handle(monotonic_clock_ns() + kTickNs);
  drain();
  return finish();
}

void Recorder::wait_and_handle(std::uint64_t deadline_ns) {
  const std::uint64_t now = monotonic_clock_ns();
  const int timeout_ms =
      deadline_ns <= now ? 0
                         : static_cast<int>((deadline_ns - now) / kNanosecondsPerMillisecond) + 1;
  // poll() passes over descriptors that are -1.
  pollfd waits[] = {{signals_.descriptor(), POLLIN, 0},
                    {links_.descriptor(), POLLIN, 0},
                    {metrics_ ? metrics_->descriptor() : -1, POLLIN, 0},
                    {status_socket_ ? status_socket_->descriptor() : -1, POLLIN, 0}};
  ::poll(waits, std::size(waits), timeout_ms);
  while (const int signal = signals_.take()) on_signal(signal);
  if ((waits[1].revents & POLLIN) != 0) on_link_events();
  serve_watchers();
  on_tick();
}

void Recorder::on_signal(int signal) {
  if (signal == SIGUSR2) {
    say_status();
    return;
  }
  if (signal == SIGUSR1 || (signal == SIGHUP && line_.rotation.active())) {
    for (const auto& writer : writers_) writer->request_turn();
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
    if (live_)
      say(signal == SIGINT ? "interrupted: writing what is in the ring"
                           : "ending: writing what is in the ring");
    return;
  }
  if (!end_.impatient()) return;
  for (const auto& writer : writers_) writer->request_abandon();
  capture_.request_abandon();
}

bool Recorder::should_stop() {
  if (end_.made() || capture_.packet_limit_reached()) return true;
  if (links_.all_gone() && !waits_for_links()) return true;
  if (onlooker_ && onlooker_->wants_end()) return true;
  if (line_.duration_ns != 0 && boot_clock_ns() - started_boot_ns_ >= line_.duration_ns)
    return true;
  return std::any_of(writers_.begin(), writers_.end(), [](const auto& writer) {
    return writer->size_limit_reached() || writer->error() != 0;
  });
}

void Recorder::on_tick() {
  watch_disks();
  watch_clock();
  if (index_) watch_index();
  const std::uint64_t now = monotonic_clock_ns();
  look_for_alarms(now);
  service_.tick(now, [this] { return status_line(); });
  if (line_.stats_interval_ns != 0 && now >= next_stats_ns_ && ended_ns_ == 0) {
    write_stats(snapshot());
    next_stats_ns_ += line_.stats_interval_ns;
  }
  if (live_ && now >= next_live_ns_ && ended_ns_ == 0) {
    RecordStats stats = snapshot();
    log_.draw_live(live_text(stats, last_live_, now - last_live_ns_));
    last_live_ = std::move(stats);
    last_live_ns_ = now;
    next_live_ns_ = now + kLiveIntervalNs;
  }
}

// Ends reception, empties the rings, closes the files. A second interrupt meanwhile cuts it short.
void Recorder::drain() {
  ended_ns_ = monotonic_clock_ns();
  service_.stopping();
  capture_.request_stop();
  while (!capture_.finished()) {
    wait_and_handle(monotonic_clock_ns() + 2 * kNanosecondsPerMillisecond);
  }
  if (capture_.finished()) {
    std::vector<ClosingLedger> ledgers;
    for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
      const RingCounters& counters = capture_.counters(ring);
      ClosingLedger ledger;
      ledger.ring = static_cast<std::uint32_t>(ring);
      ledger.interface_id = line_.split_rings ? 0 : ledger.ring;
      ledger.timestamp_ns = wall_clock_ns();
      ledger.received = counters.received.get() - counters.after_stop.get() -
                        counters.abandoned.get() - counters.beyond_limit.get();
      ledger.dropped = counters.dropped.get();
      ledger.freezes = counters.freezes.get();
      ledger.nic_dropped = nic_drops_.at(capture_.ring_info(ring).interface_name).total();
      ledger.loss_begin_ns = capture_.closing_ledger(ring).loss_begin_ns;
      ledgers.push_back(ledger);
    }
    for (std::size_t output = 0; output < writers_.size(); ++output) {
      writers_[output]->request_finish(
          line_.split_rings ? std::vector<ClosingLedger>{ledgers[output]} : ledgers);
    }
    if (audit_) {
      audit_->request_finish(sum(&RingCounters::skipped_blocks),
                             sum(&RingCounters::skipped_packets));
    }
  }
  const auto all_closed = [this] {
    return std::all_of(writers_.begin(), writers_.end(),
                       [](const auto& writer) { return writer->finished(); });
  };
  std::uint64_t limit_ns = 0;
  while (!all_closed()) {
    if (end_.impatient() && limit_ns == 0) {
      const bool only_streams =
          std::all_of(writers_.begin(), writers_.end(), [](const auto& writer) {
            return writer->finished() || writer->kind() == OutputKind::kStream;
          });
      limit_ns = monotonic_clock_ns() + (only_streams ? kAbandonStreamLimitNs : kAbandonLimitNs);
    }
    if (limit_ns != 0 && monotonic_clock_ns() > limit_ns) break;
    wait_and_handle(monotonic_clock_ns() + 2 * kNanosecondsPerMillisecond);
  }
  if (audit_) finish_audit();
  if (index_) finish_index();
  if (onlooker_) drain_onlooker();
}

// What the onlooker has not come to while the recording went on, he may do now, as long as he gets
// on with it.
void Recorder::drain_onlooker() {
  onlooker_->end();
  std::uint64_t progress = onlooker_->progress();
  std::uint64_t limit_ns = monotonic_clock_ns() + kOnlookerPatienceNs;
  while (!onlooker_->finished()) {
    const std::uint64_t now = monotonic_clock_ns();
    if (onlooker_->progress() != progress) limit_ns = now + kOnlookerPatienceNs;
    progress = onlooker_->progress();
    onlooker_stuck_ = now > limit_ns || end_.impatient();
    if (onlooker_stuck_) return;
    wait_and_handle(now + 2 * kNanosecondsPerMillisecond);
  }
}

RecordStats Recorder::snapshot() {
  RecordStats stats;
  stats.impatient = end_.impatient();
  stats.alarms = alarms_.states();
  if (space_) stats.disks = space_->disks();
  stats.backlog_drops = backlog_.total();
  stats.duration_ns = (ended_ns_ != 0 ? ended_ns_ : monotonic_clock_ns()) - started_ns_;
  for (std::size_t index = 0; index < capture_.ring_count(); ++index) {
    const RingInfo& info = capture_.ring_info(index);
    const RingCounters& counters = capture_.counters(index);
    RingStats ring;
    ring.interface_name = info.interface_name;
    ring.cpu = info.cpu;
    ring.received = counters.received.get();
    ring.dropped = counters.dropped.get();
    ring.sealed = counters.sealed.get();
    ring.damaged = counters.damaged.get();
    ring.beyond_limit = counters.beyond_limit.get();
    ring.after_stop = counters.after_stop.get();
    ring.abandoned = counters.abandoned.get();
    ring.truncated = counters.truncated.get();
    ring.freezes = counters.freezes.get();
    ring.blocks = counters.blocks.get();
    ring.captured_bytes = counters.captured_bytes.get();
    ring.held_blocks = counters.held_blocks.get();
    ring.block_count = info.block_count;
    ring.ring_size_bytes = info.ring_size_bytes;
    ring.reconciled = capture_.finished() && capture_.reconciled(index);
    stats.rings.push_back(std::move(ring));
    if (info.ring_of_interface == 0) {
      stats.nic_drops += nic_drops_.at(info.interface_name).total();
      stats.rx_dropped += rx_dropped_.at(info.interface_name).total();
    }
  }
  for (const WatchedLink& link : links_.links()) {
    stats.links.push_back(
        {link.opened_as, link.now.name, link.gone, link.now.up, link.now.carrier, link.now.mtu});
  }
  for (const auto& writer : writers_) {
    const WriterCounters& counters = writer->counters();
    FileStats file;
    file.path = writer->path();
    if (const FileSeries* series = writer->series()) {
      file.finished = series->finished_files(file.finished_count);
      file.deleted_count = series->deleted_count();
    }
    file.written = counters.packets_written.get();
    file.failed = counters.packets_failed.get();
    file.beyond_limit = counters.packets_beyond_limit.get();
    file.taken = counters.packets_taken.get();
    file.left = writer->packets_left();
    // Left behind at a second interrupt, within a write that does not end: what is not known to be
    // written is not.
    if (end_.impatient() && !writer->finished()) {
      file.failed = file.taken - file.written - file.beyond_limit;
    }
    file.bytes = counters.bytes_written.get();
    file.blocks_in_place = counters.blocks_in_place.get();
    file.blocks_packed = counters.blocks_packed.get();
    file.out_of_order = counters.out_of_order.get();
    file.error = writer->error();
    file.trouble = writer->trouble();
    // What the recording has taken ahead for itself is room, not a full disk.
    const std::string directory = std::filesystem::path(file.path).parent_path().string();
    for (AlarmInputs::Disk& disk : stats.disks) {
      if (disk.directory != (directory.empty() ? "." : directory)) continue;
      disk.free_bytes += counters.bytes_ahead.get();
      if (writer->series() != nullptr) disk.free_bytes += writer->series()->spare_bytes();
    }
    file.syncs_refused = counters.syncs_refused.get();
    stats.files.push_back(std::move(file));
  }
  if (audit_) stats.audit = audit_stats();
  if (index_) stats.index = index_->stats();
  return stats;
}

void Recorder::write_stats(const RecordStats& stats) {
  if (!stats_) return;
  const int patience_ms = stats.final ? kLastLinePatienceMs : LineOutput::kPatienceMs;
  int error = stats_->put(dump_json(to_json(stats)) + "\n", patience_ms);
  if (stats.final && error == 0) error = stats_->finish(patience_ms);
  if (stats.final && error != 0) {
    failed_ = true;
    say(fmt::format("{}: the last statistics are missing: {}; the recording is not touched by that",
                    line_.stats_file, errno_text(error)),
        LogLevel::kWarning);
  } else if (error != 0 && stats_error_ == 0) {
    say(fmt::format("{}: statistics are left out: {}; the recording goes on", line_.stats_file,
                    errno_text(error)),
        LogLevel::kWarning);
  } else if (error == 0 && stats_error_ != 0) {
    say(fmt::format("{}: statistics are written again; {} are missing", line_.stats_file,
                    stats_->left_out()));
  }
  stats_error_ = error;
}

int Recorder::finish() {
  const bool complete = capture_.finished();
  RecordStats stats = snapshot();
  stats.final = true;
  write_stats(stats);
  log_.keep_live();
  for (const FileStats& file : stats.files) {
    if (file.error == 0) continue;
    failed_ = true;
    const std::string kept =
        file.bytes == 0 ? "no file is left" : "what was written is a valid file";
    say(file.error == ENOSPC || file.error == EDQUOT
            ? fmt::format("{}: the disk is full after {}; {}. Free some space, or limit the file "
                          "with -a filesize:KB",
                          file.path, human_bytes(file.bytes), kept)
            : fmt::format("writing {} failed after {}: {}; {}", file.path, human_bytes(file.bytes),
                          errno_text(file.error), kept));
  }
  if (stats.audit && stats.audit->error != 0) {
    failed_ = true;
    say(fmt::format("{}: findings are missing: {}; the recording is not touched by that",
                    stats.audit->path, errno_text(stats.audit->error)));
  }
  const bool counts_wrong = complete && !stats.reconciled();
  if (onlooker_) log_.put(onlooker_->report(stats));
  if (!line_.quiet || stats.lost() != 0 || counts_wrong || failed_) {
    log_.put(report_text(stats));
  }
  if (counts_wrong) failed_ = true;
  const int status = exit_status(stats);
  const auto exit_at_once = [&] {
    status_socket_.reset();
    ::_exit(status);
  };
  // Blocks may still be held, on purpose: see WriteQueue::give_up().
  if (end_.impatient()) exit_at_once();
  capture_.join();
  for (const auto& writer : writers_) writer->join();
  if (audit_) audit_->join();
  // His threads wait for somebody who never comes.
  if (onlooker_stuck_) exit_at_once();
  wait_for_programs();
  return status;
}

void Recorder::say_start_notes() {
  std::vector<RingInfo> rings;
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    const RingInfo& info = capture_.ring_info(ring);
    rings.push_back(info);
    if (info.ring_of_interface != 0) continue;
    PacketSizes sizes{info.interface_name, 0, 0};
    for (const WatchedLink& link : links_.links()) {
      if (link.opened_as != info.interface_name) continue;
      sizes.mtu = link.now.mtu;
      sizes.largest_segments = link.now.largest_segments;
    }
    const std::string cut = cut_packets_note(info, line_.capture.snaplen, sizes);
    if (!cut.empty()) say(cut, LogLevel::kWarning);
  }
  // Of classic pcap, which cannot hold them, the writer says so and refuses.
  const bool one_file = !line_.split_rings && line_.format == FileFormat::kPcapng;
  const std::string mixed = one_file ? link_types_note(rings) : std::string();
  if (!mixed.empty()) say(mixed, LogLevel::kWarning);
}

// What went wrong with the recording comes in front of what was found on the link.
int Recorder::exit_status(const RecordStats& stats) const {
  if (failed_) return kExitFailed;
  // A packet that was cut is not whole in the file: that is loss too.
  const bool lost = stats.lost() != 0 || stats.sum(&RingStats::truncated) != 0;
  if (line_.fail_on_loss && lost) return kExitLoss;
  return stats.audit && stats.audit->logins != 0 ? kExitFindings : kExitDone;
}

}  // namespace capstan::tools
