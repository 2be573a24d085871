#include "tools/record/outputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/file_size_limit.h"
#include "tools/common/log.h"
#include "tools/common/open_output.h"
#include "tools/common/units.h"
#include "tools/record/leftovers.h"
#include "tools/record/record_stats.h"

namespace capstan::tools {

namespace {

// After a second interrupt, how long the files may take to be closed before the process goes
// anyway. A pipe needs no closing: its writer only may be waiting for a reader.
constexpr std::uint64_t kAbandonLimitNs = 5 * kNanosecondsPerSecond;
constexpr std::uint64_t kAbandonStreamLimitNs = 200 * kNanosecondsPerMillisecond;

FileStats file_stats(const WriterThread& writer, bool impatient) {
  const WriterCounters& counters = writer.counters();
  FileStats file;
  file.path = writer.path();
  if (const FileSeries* series = writer.series()) {
    file.finished = series->finished_files(file.finished_count);
    file.deleted_count = series->deleted_count();
  }
  file.written = counters.packets_written.get();
  file.failed = counters.packets_failed.get();
  file.beyond_limit = counters.packets_beyond_limit.get();
  file.taken = counters.packets_taken.get();
  file.left = writer.packets_left();
  // Left behind at a second interrupt, within a write that does not end: what is not known to be
  // written is not.
  if (impatient && !writer.finished()) file.failed += counters.packets_under_way.get();
  file.bytes = counters.bytes_written.get();
  file.blocks_in_place = counters.blocks_in_place.get();
  file.blocks_packed = counters.blocks_packed.get();
  file.out_of_order = counters.out_of_order.get();
  file.error = writer.error();
  file.trouble = writer.trouble();
  file.syncs_refused = counters.syncs_refused.get();
  return file;
}

}  // namespace

Outputs::Outputs(const RecordOptions& options, FileHook* hook, std::function<bool()> keep_waiting)
    : options_(options), hook_(hook), keep_waiting_(std::move(keep_waiting)) {
  // Tells the files of this recording from others. Without entropy it is zeros, and files are told
  // apart by less.
  [[maybe_unused]] const ssize_t random =
      ::getrandom(recording_id_.data(), recording_id_.size(), GRND_NONBLOCK);
}

Outputs::~Outputs() = default;

std::string Outputs::path_of(std::size_t output) const {
  return output_paths(options_, capture_->ring_count())[output];
}

void Outputs::attach(Capture& capture) {
  capture_ = &capture;
  const std::size_t rings = capture.ring_count();
  const std::size_t outputs = options_.split_rings ? rings : options_.files.size();
  for (std::size_t output = 0; output < outputs; ++output) {
    std::vector<std::uint32_t> places;
    for (std::size_t ring = 0; ring < rings; ++ring) {
      if (takes_ring(output, ring)) places.push_back(capture.ring_info(ring).block_count);
    }
    WriterThreadOptions writer;
    writer.name = fmt::format("writer-{}", output);
    writer.cpus = options_.capture.cpus;
    writer.when_open = confinement(options_);
    writers_.push_back(std::make_unique<WriterThread>(std::move(writer), places));
    for (std::size_t ring = 0, queue = 0; ring < rings; ++ring) {
      if (takes_ring(output, ring)) capture.add_stripe(ring, writers_.back()->queue(queue++));
    }
  }
  open_names_file();
}

// Where -b printname: says.
void Outputs::open_names_file() {
  const std::string& target = options_.print_names;
  if (target.empty()) return;
  names_fd_ = target == "stderr"
                  ? UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3))
                  : open_output(target == "stdout" ? "-" : target, "the names of files");
  if (!names_fd_) throw_errno("open standard error for the names of files");
  names_.emplace(names_fd_.get());
}

void Outputs::open() {
  for (std::size_t output = 0; output < writers_.size(); ++output) {
    if (options_.rotation.active()) {
      finish_leftovers(path_of(output));
    } else {
      finish_leftover(path_of(output));
    }
    writers_[output]->start(options_of(output), keep_waiting_);
    for (const std::string& note : writers_[output]->notes()) {
      standard_log().write(LogLevel::kInfo, note);
    }
  }
  disks_.resize(writers_.size());
}

// For the writers: the name is printed, the program is started. Called by their threads.
std::function<void(const FinishedFile&)> Outputs::on_finished_file() {
  if (!names_fd_ && hook_ == nullptr && listeners_.empty()) return {};
  return [this](const FinishedFile& file) {
    for (BlockConsumer* listener : listeners_) listener->file_finished(file);
    const int error = names_ ? names_->put(file.path + '\n') : 0;
    if (error != 0) {
      standard_log().write(LogLevel::kWarning,
                           fmt::format("print the name of {}: {}", file.path, errno_text(error)));
    }
    if (hook_ != nullptr) hook_->run_for(file.path);
  };
}

void Outputs::on_tick() {
  for (std::size_t output = 0; output < disks_.size(); ++output) {
    disks_[output].look(*writers_[output]);
  }
}

bool Outputs::wants_end() const noexcept {
  return std::any_of(writers_.begin(), writers_.end(), [](const auto& writer) {
    return writer->size_limit_reached() || writer->error() != 0;
  });
}

void Outputs::blocks_ended(const std::vector<ClosingLedger>& rings) {
  for (std::size_t output = 0; output < writers_.size(); ++output) {
    std::vector<ClosingLedger> ledgers;
    for (const ClosingLedger& ledger : rings) {
      if (takes_ring(output, ledger.ring)) ledgers.push_back(ledger);
    }
    writers_[output]->request_finish(std::move(ledgers));
  }
}

bool Outputs::finished() noexcept {
  return std::all_of(writers_.begin(), writers_.end(),
                     [](const auto& writer) { return writer->finished(); });
}

EndPatience Outputs::patience() noexcept {
  const bool only_streams = std::all_of(writers_.begin(), writers_.end(), [](const auto& writer) {
    return writer->finished() || writer->kind() == OutputKind::kStream;
  });
  EndPatience patience;
  patience.leaving_ns = only_streams ? kAbandonStreamLimitNs : kAbandonLimitNs;
  return patience;
}

void Outputs::leave() noexcept {
  for (const auto& writer : writers_) writer->request_abandon();
}

// Threads that were never told of the end are ended by the destructor, which leaves no file where
// nothing was recorded.
void Outputs::stop() noexcept {
  if (!finished()) return;
  for (const auto& writer : writers_) writer->join();
}

void Outputs::add_to(RecordStats& stats) const {
  for (const auto& writer : writers_) {
    FileStats file = file_stats(*writer, stats.impatient);
    // What the recording has taken ahead for itself is room, not a full disk.
    const std::string directory = absolute_directory_of(file.path);
    for (AlarmInputs::Disk& disk : stats.disks) {
      if (disk.directory != directory) continue;
      disk.free_bytes += writer->counters().bytes_ahead.get();
      if (writer->series() != nullptr) disk.free_bytes += writer->series()->spare_bytes();
    }
    stats.files.push_back(std::move(file));
  }
}

std::vector<std::string> Outputs::failures(const RecordStats& stats) const {
  std::vector<std::string> texts;
  for (const FileStats& file : stats.files) {
    if (file.error == 0) continue;
    const std::string kept =
        file.bytes == 0 ? "no file is left" : "what was written is a valid file";
    const std::string written = human_bytes(file.bytes);
    const std::uint64_t most = file_size_limit();
    if (file.error == ENOSPC || file.error == EDQUOT) {
      texts.push_back(fmt::format(
          "{}: the disk is full after {}; {}. Free some space, or limit the file with -a "
          "filesize:KB",
          file.path, written, kept));
    } else if (file.error == EFBIG && most != kNoFileSizeLimit) {
      texts.push_back(fmt::format(
          "{}: files of this process may have {} (ulimit -f), and there is no room for more after "
          "{}; {}. Raise the limit (ulimit -f, LimitFSIZE=), or turn to a new file before it with "
          "-b filesize:KB",
          file.path, human_bytes(most), written, kept));
    } else {
      texts.push_back(fmt::format("writing {} failed after {}: {}; {}", file.path, written,
                                  errno_text(file.error), kept));
    }
  }
  return texts;
}

void Outputs::request_turn() noexcept {
  for (const auto& writer : writers_) writer->request_turn();
}

void Outputs::add_event(RecordedEvent event, const std::string& interface_name) {
  if (interface_name.empty()) {
    for (const auto& writer : writers_) writer->add_event(event);
    return;
  }
  for (std::size_t ring = 0; ring < capture_->ring_count(); ++ring) {
    if (capture_->ring_info(ring).interface_name != interface_name) continue;
    if (options_.split_rings) {
      writers_[ring]->add_event(event);
      continue;
    }
    event.interface_id = static_cast<std::uint32_t>(ring);
    for (const auto& writer : writers_) writer->add_event(event);
    return;  // the first ring of the interface stands for it
  }
}

bool Outputs::in_trouble() const noexcept {
  return std::any_of(writers_.begin(), writers_.end(),
                     [](const auto& writer) { return writer->trouble() != 0; });
}

std::string Outputs::names() const {
  std::string names;
  for (const auto& writer : writers_) names += (names.empty() ? "" : ", ") + writer->path();
  return names;
}

}  // namespace capstan::tools
