// RecordingWriter's files: turning to the next one, trouble with the disk, ledgers.
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
      options_.file, SeriesOptions{options_.retention, options_.on_full != OnFull::kStop,
                                   options_.confine_thread, options_.on_finished});
  return series_->open_first();
}

bool RecordingWriter::turn_due() noexcept {
  if (!series_ || queue_->error() != 0 || queue_->trouble() != 0 || space_error_ != 0) return false;
  return turn_requested_.load(std::memory_order_relaxed) ||
         rotation_.due(boot_clock_ns(), wall_clock_ns(), staging_.position(), file_packets_);
}

// Ends this file and goes on in the next. Waits for the writes under way, while the ring takes what
// arrives; the slow part of closing is the series' thread's.
void RecordingWriter::turn() noexcept {
  const std::uint32_t last = options_.rotation.stop_after_files;
  if (last != 0 && files_begun_ >= last) {
    limit_reached_.store(true, std::memory_order_relaxed);
    return;
  }
  std::optional<OutputFile> next = series_->take_next();
  if (!next) return;
  turn_requested_.store(false, std::memory_order_relaxed);
  merge(PacketMerge::kAllHaveCome);
  for (ClosingLedger& counts : counts_) counts.timestamp_ns = wall_clock_ns();
  write_closing(counts_, CloseReason::kTurned);
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
  queue_->start_file();
  space_.start_file(file_.can_preallocate(), file_.preallocated_bytes());
  space_trouble_ = 0;
  staging_.start_at(0);
  packed_mode_ = true;
  write_header();
  file_packets_ = file_first_ns_ = file_last_ns_ = 0;
  head_synced_ = false;
  ++files_begun_;
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
                                               : space_trouble_;
  const int error = queue_->error() != 0 ? queue_->error() : space_error_;
  if (error != 0) known_error_.store(error, std::memory_order_relaxed);
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
  file.number = files_begun_;
  file.packets = queue_->certain_packets() - earlier_packets_;
  file.first_ns = file_first_ns_;
  file.last_ns = file_last_ns_;
  for (const ClosingLedger& counts : counts_) {
    file.rings.push_back({counts.ring, counts.received, counts.dropped});
  }
  return file;
}

void RecordingWriter::note_in_file(const SealedBlock& block) noexcept {
  if (file_packets_ == 0) file_first_ns_ = block.first_timestamp_ns;
  file_packets_ += block.packet_count;
  file_first_ns_ = std::min(file_first_ns_, block.first_timestamp_ns);
  file_last_ns_ = std::max(file_last_ns_, block.last_timestamp_ns);
}

void RecordingWriter::remember_counts(const SealedBlock& block) noexcept {
  BlockHead head;
  std::memcpy(&head, block.data, sizeof(head));
  ClosingLedger& counts = counts_[block.ring - options_.first_ring];
  counts.output_packets += block.packet_count;
  counts.received = head.received;
  counts.dropped = head.dropped;
  counts.freezes = head.freezes;
}

// Where the counts of the file begin: what came before is no loss of this file.
void RecordingWriter::write_opening() noexcept {
  std::vector<std::uint8_t> opening;
  for (const ClosingLedger& counts : counts_) append_opening_ledger(opening, counts);
  staging_.append(opening.data(), opening.size());
}

// The rings' counts and the mark by which a reader knows that nothing is missing behind them.
void RecordingWriter::write_closing(const std::vector<ClosingLedger>& ledgers,
                                    CloseReason reason) noexcept {
  if (options_.format != FileFormat::kPcapng || queue_->error() != 0 || ledgers.empty()) return;
  std::vector<std::uint8_t> closing;
  std::uint64_t packets = file_packets_;
  for (ClosingLedger ledger : ledgers) {
    const std::size_t index = ledger.ring - options_.first_ring;
    const std::uint64_t left_out = ledger.ring < left_out_.size() ? left_out_[ledger.ring] : 0;
    ledger.received -= left_out;
    ledger.output_packets = counts_[index].output_packets - left_out;
    append_closing_ledger(closing, ledger);
    packets -= left_out;
  }
  append_file_close(closing, reason, packets, wall_clock_ns(), 0, {});
  CAPSTAN_CHECK(closing.size() <= reserve_bytes(), closing.size(), reserve_bytes());
  staging_.append(closing.data(), closing.size());
  staging_.end_record(0);
}

}  // namespace capstan
