// RecordingWriter's files: turning to the next one, trouble with the disk, ledgers, the end.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/boot_clock.h"
#include "engine/core/check.h"
#include "engine/core/clock.h"
#include "engine/format/block_head.h"
#include "writers/recording/pcapng_format.h"
#include "writers/recording/recording_writer.h"

namespace capstan {

OutputFile RecordingWriter::open_file(const std::atomic<bool>& abandon) {
  if (!options_.rotation.active()) return OutputFile(options_.file, &abandon);
  series_ = std::make_unique<FileSeries>(
      options_.file,
      SeriesOptions{options_.retention, options_.on_full != OnFull::kStop, options_.confine_thread,
                    options_.on_finished, options_.on_deleted});
  return series_->open_first();
}

bool RecordingWriter::turn_due() noexcept {
  if (!series_ || queue_->error() != 0 || queue_->trouble() != 0 || room_.error() != 0)
    return false;
  return turn_requested_.load(std::memory_order_relaxed) ||
         rotation_.due(boot_clock_ns(), wall_clock_ns(), staging_.position(), ledger_.packets());
}

// Ends this file and goes on in the next. Waits for the writes under way, while the ring takes what
// arrives; the slow part of closing is the series' thread's.
void RecordingWriter::turn() noexcept {
  const std::uint32_t last = options_.rotation.stop_after_files;
  if (last != 0 && target_.file_number >= last) {
    limit_reached_.store(true, std::memory_order_relaxed);
    return;
  }
  std::optional<OutputFile> next = series_->take_next();
  if (!next) return;
  turn_requested_.store(false, std::memory_order_relaxed);
  packed_->merge_all();
  write_closing(ledger_.counts_at(wall_clock_ns()), CloseReason::kTurned);
  staging_.close_run();
  wait_until_idle();
  if (!queue_->idle() || queue_->error() != 0) {
    // This file stays the last one; finish() closes it at what is certain. It has its ledger, so
    // nothing may follow.
    if (!queue_->idle()) queue_->fail(ECANCELED);
    next->discard();
    return;
  }
  FinishedFile finished = describe_file();
  backend_->use_file(next->descriptor());
  OutputFile ended = std::exchange(file_, std::move(*next));
  if (std::exchange(deleted_, false)) {  // it takes its packets with it
    deleted_packets_ += queue_->certain_packets() - earlier_packets_;
  } else {
    earlier_bytes_ += finished.size_bytes;
    series_->close(std::move(ended), std::move(finished));
  }
  earlier_packets_ = queue_->certain_packets();
  begin_file();
}

// Goes on in file_, from its first byte.
void RecordingWriter::begin_file() noexcept {
  queue_->start_file();
  room_.start_file(file_);
  ledger_.start_file();
  staging_.start_at(0);
  packed_mode_ = true;
  head_synced_ = false;
  ++target_.file_number;
  write_header();
  rotation_.start_file(boot_clock_ns(), wall_clock_ns());
}

void RecordingWriter::wait_until_idle() noexcept {
  while (!queue_->idle() && !queue_->abandoned()) {
    queue_->wait(kWaitNs);
    watch_trouble();
  }
}

// A file that was deleted under the recorder takes writes as any other, and loses them.
void RecordingWriter::watch_file() noexcept {
  if (queue_->error() != 0 || !file_.deleted()) return;
  const std::atomic<bool>* ending = options_.patience.ending;
  const bool may_wait = series_ && options_.on_full != OnFull::kStop &&
                        (ending == nullptr || !ending->load(std::memory_order_relaxed));
  deleted_ = may_wait;
  if (may_wait) {  // for a next file, once there is a place for it
    turn_requested_.store(true, std::memory_order_relaxed);
    return;
  }
  forget_deleted_file();
}

// Its packets are nowhere.
void RecordingWriter::forget_deleted_file() noexcept {
  deleted_ = false;
  file_gone_ = true;
  deleted_packets_ += queue_->certain_packets() - earlier_packets_;
  earlier_packets_ = queue_->certain_packets();
  queue_->fail(ENOENT);
}

void RecordingWriter::watch_trouble() noexcept {
  const int trouble = deleted_                 ? ENOENT
                      : queue_->trouble() != 0 ? queue_->trouble()
                                               : room_.trouble();
  if (refusal() != 0) known_error_.store(refusal(), std::memory_order_relaxed);
  trouble_.store(trouble, std::memory_order_release);
  if (options_.on_full != OnFull::kOldest || !series_) return;
  if (trouble != ENOSPC && trouble != EDQUOT) return;
  const std::uint64_t now = monotonic_clock_ns();
  if (now < next_room_ns_) return;
  next_room_ns_ = now + options_.patience.retry_interval_ns;
  series_->make_room();
}

// What is known of the file that ends now. Requires: nothing under way to it.
FinishedFile RecordingWriter::describe_file() const {
  FinishedFile file;
  file.path = file_.path();
  file.size_bytes = queue_->certain_end();
  file.number = target_.file_number;
  file.packets = queue_->certain_packets() - earlier_packets_;
  ledger_.describe(file);
  return file;
}

void RecordingWriter::write_opening() noexcept {
  const std::vector<std::uint8_t> opening = ledger_.opening();
  staging_.append(opening.data(), opening.size());
}

void RecordingWriter::write_closing(const std::vector<ClosingLedger>& ledgers,
                                    CloseReason reason) noexcept {
  if (options_.format != FileFormat::kPcapng || queue_->error() != 0 || ledgers.empty()) return;
  const std::vector<std::uint8_t> closing = ledger_.closing(ledgers, reason);
  const std::uint64_t reserve = FileRoom::reserve_bytes(options_.blocks_per_ring.size());
  CAPSTAN_CHECK(closing.size() <= reserve, closing.size(), reserve);
  staging_.append(closing.data(), closing.size());
  staging_.end_record(0);
}

void RecordingWriter::publish() noexcept {
  counters_.packets_written.set(queue_->certain_packets() - deleted_packets_);
  counters_.packets_failed.set(queue_->failed_packets() + extra_failed_ + deleted_packets_);
  counters_.packets_under_way.set(at_hand_packets_ + packed_->waiting_packets() +
                                  staging_.unsent_packets() + queue_->pending_packets());
  counters_.bytes_written.set(earlier_bytes_ + (file_gone_ ? 0 : queue_->certain_end()));
  counters_.syncs_refused.set(queue_->syncs_refused());
  counters_.bytes_ahead.set(room_.ahead_of(staging_.position()));
  if (series_) series_->note_writing(queue_->certain_end());
}

// The last file gets its length and its name, and is told of. 0 or an errno value.
int RecordingWriter::close_file() noexcept {
  int close_error = 0;
  // Not even the head is there, on a full disk for one: no reader would take it for a recording.
  const bool empty =
      file_.kind() == OutputKind::kFile && (queue_->certain_end() == 0 || file_gone_);
  if (empty) {
    file_.discard();
  } else {
    close_error = file_.close(queue_->certain_end());
  }
  const bool finished = !empty && close_error == 0;
  const FinishedFile last = describe_file();
  if (series_) {
    const int series_error = series_->finish();
    if (finished) series_->add_closed(last);
    if (close_error == 0) close_error = series_error;
  } else if (finished && file_.kind() == OutputKind::kFile && options_.on_finished) {
    options_.on_finished(last);
  }
  return close_error;
}

void RecordingWriter::discard() noexcept {
  wait_for_kernel();
  if (backend_ && queue_ && queue_->idle()) backend_->use_file(-1);
  file_.discard();
  if (series_) static_cast<void>(series_->finish());
}

}  // namespace capstan
