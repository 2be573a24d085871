// RecordingWriter: writes sealed blocks into one recording, in the layout that suits them.
//
// Driven by writer_thread.cc. Responsible for the files: it opens each with a head, keeps disk
// space ahead of the packets, changes to the next file, and closes each with a ledger. The packets
// are written by two layouts (layout.h), which may alternate in one pcapng file; FileLedger keeps
// the counts of the file.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/block/block_ref.h"
#include "writers/file/file_series.h"
#include "writers/file/output_file.h"
#include "writers/file/rotation.h"
#include "writers/io/io_backend.h"
#include "writers/io/staging.h"
#include "writers/io/write_queue.h"
#include "writers/recording/file_ledger.h"
#include "writers/recording/file_room.h"
#include "writers/recording/layout.h"
#include "writers/recording/recording_options.h"

namespace capstan {

// Owns the file. One thread; counters() and the functions marked so may be used by any.
class RecordingWriter final : private WriteQueueOwner {
 public:
  // Creates the file and writes its head. Throws UsageError (a format that cannot hold these link
  // types) or std::system_error; no file is left then.
  RecordingWriter(RecordingOptions options, const std::atomic<bool>& abandon);
  // Without finish(): a file for which no packet was taken is deleted, any other stays as it is.
  ~RecordingWriter();

  // One sentence for each thing that was not available and what is used instead; to be shown to the
  // user once.
  const std::vector<std::string>& notes() const noexcept { return notes_; }

  // Whether accept() would neither wait for the disk nor use the space reserved for the end of the
  // file. True for good once the recording has failed: what still comes is only counted.
  bool has_room() const noexcept {
    if (refusal() != 0) return true;
    return !queue_->full() && queue_->trouble() == 0 && !deleted_ &&
           room_.takes(needed_end(room_.largest_block()));
  }
  // Takes a block of ring block->ring. The blocks of a ring must come in their order.
  void accept(BlockRef block) noexcept;
  // Takes completions, merges, flushes and preallocates. Returns whether any write or request was
  // completed.
  bool pump() noexcept;
  // Writes a complete pcapng block without packets between two blocks of packets. Ignored for
  // classic pcap, which has no place for it. Requires: a length that is a multiple of 4.
  void add_block(std::span<const std::uint8_t> block) noexcept;
  void wait(std::uint64_t timeout_ns) noexcept { queue_->wait(timeout_ns); }

  // Writes what is left and the closing ledgers, and closes the file. Returns 0 or the errno value
  // of the first error; the file then holds everything that was written before the error.
  [[nodiscard]] int finish(const std::vector<ClosingLedger>& ledgers) noexcept;
  // Instead of finish() when no block was accepted: deletes the file.
  void discard() noexcept;

  int error() const noexcept {
    if (queue_->error() != 0) return queue_->error();
    return room_.error() != 0 || !series_ ? room_.error() : series_->error();
  }
  // The errno value for which the recording waits, 0 when it does not wait. Any thread. When the
  // wait ended because the recording failed, trouble() is 0 and known_error() is the reason.
  int trouble() const noexcept { return trouble_.load(std::memory_order_acquire); }
  int known_error() const noexcept { return known_error_.load(std::memory_order_relaxed); }
  bool size_limit_reached() const noexcept {
    return limit_reached_.load(std::memory_order_relaxed);
  }
  const WriterCounters& counters() const noexcept { return counters_; }
  // Path of the file, or the pattern of the files' names.
  const std::string& path() const noexcept { return options_.file.path; }
  // Requests a new file as soon as one is ready. Any thread. Ignored without rotation.
  void request_turn() noexcept { turn_requested_.store(true, std::memory_order_relaxed); }
  // Null without rotation.
  const FileSeries* series() const noexcept { return series_.get(); }
  // Any thread: all files of a series are of one kind.
  OutputKind kind() const noexcept { return kind_; }

 private:
  bool direct_write_refused() noexcept override { return file_.give_up_direct(); }

  static RecordingOptions checked(RecordingOptions options);
  void open(const std::atomic<bool>& abandon);
  void wait_for_kernel() noexcept;
  void open_backend();
  void write_header();
  void place(BlockRef block) noexcept;
  void leave_out(const SealedBlock& block) noexcept;
  bool prefers_in_place(const SealedBlock& block) noexcept;
  void publish() noexcept;
  // Offset where the file would end after everything taken so far, a further block and padding.
  std::uint64_t needed_end(std::uint64_t block_bytes) const noexcept {
    return staging_.position() + packed_->waiting_bytes() + block_bytes + FileRoom::kBetweenBytes;
  }
  // The errno value that ends the recording; 0: none.
  int refusal() const noexcept { return queue_->error() != 0 ? queue_->error() : room_.error(); }
  // In recording_files.cc, as is publish().
  OutputFile open_file(const std::atomic<bool>& abandon);
  bool turn_due() noexcept;
  void turn() noexcept;
  void begin_file() noexcept;
  void wait_until_idle() noexcept;
  void watch_trouble() noexcept;
  void watch_file() noexcept;
  void forget_deleted_file() noexcept;
  FinishedFile describe_file() const;
  void write_opening() noexcept;
  void write_closing(const std::vector<ClosingLedger>& ledgers, CloseReason reason) noexcept;
  int close_file() noexcept;

  static constexpr std::uint64_t kWaitNs = 1'000'000;  // between two checks of the disk

  RecordingOptions options_;
  std::unique_ptr<FileSeries> series_;  // null without rotation
  OutputFile file_;
  const OutputKind kind_ = file_.kind();
  std::unique_ptr<IoBackend> backend_;
  StagingStream staging_;
  std::unique_ptr<WriteQueue> queue_;
  FileLedger ledger_;
  FileRoom room_;
  std::atomic<bool> limit_reached_{false};
  WriterCounters counters_;
  LayoutTarget target_;
  std::unique_ptr<PackedLayout> packed_;
  std::unique_ptr<InPlaceLayout> in_place_;
  LayoutChoice choice_;
  bool packed_mode_ = true;
  Rotation rotation_;
  std::vector<std::string> notes_;
  std::uint64_t last_flush_ns_ = 0;
  std::uint64_t last_sync_ns_ = 0;
  bool head_synced_ = false;           // of this file
  std::uint64_t extra_failed_ = 0;     // packets that never reached a write
  std::uint64_t at_hand_packets_ = 0;  // of the block being accepted
  std::uint64_t earlier_bytes_ = 0;    // of the earlier files
  std::uint64_t earlier_packets_ = 0;  // certain packets of the earlier files
  std::uint64_t next_room_ns_ = 0;
  bool deleted_ = false;               // the file being written was deleted: no more goes there
  std::uint64_t deleted_packets_ = 0;  // were certain, in files that somebody deleted
  bool file_gone_ = false;             // the last file was deleted: none of it is left
  std::atomic<int> trouble_{0};        // release: known_error_ is written before it
  std::atomic<int> known_error_{0};
  std::atomic<bool> turn_requested_{false};
  std::vector<std::uint8_t> late_events_;  // came while there was no disk space
};

}  // namespace capstan
