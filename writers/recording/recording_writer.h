// RecordingWriter: sealed blocks into one recording, in the layout that suits them.
//
// Driven by writer_thread.cc. Has the life of the files: opened with a head, kept ahead of by room
// on the disk, turned to the next, closed with a ledger. What is written into them two layouts do
// (layout.h), which mix in one pcapng file; what is counted of them FileLedger knows.
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

// Owns the file. One thread; counters by any.
class RecordingWriter final : private WriteQueueOwner {
 public:
  // Creates the file and writes its head. Throws UsageError (formats that cannot hold these link
  // types) or std::system_error; nothing is left of the file then.
  RecordingWriter(RecordingOptions options, const std::atomic<bool>& abandon);
  // Without finish(): a file that no packet was taken for goes away, any other stays as it is.
  ~RecordingWriter();

  // What could not be had and what is used instead, one sentence each; said once to the user.
  const std::vector<std::string>& notes() const noexcept { return notes_; }

  // Whether accept() would not wait for the disk, nor use up the room kept for the file's end.
  bool has_room() const noexcept {
    return !queue_->full() && queue_->trouble() == 0 && !deleted_ &&
           room_.takes(needed_end(room_.largest_block()));
  }
  // Takes a block of ring block->ring. Blocks of one ring in their order.
  void accept(BlockRef block) noexcept;
  // Completions, merging, flushing, preallocation. True when something was done.
  bool pump() noexcept;
  // Puts a whole pcapng block without packets here, between two blocks of packets. Nothing in
  // classic pcap, which has no place for it. Requires: a length that is a multiple of 4.
  void add_block(std::span<const std::uint8_t> block) noexcept;
  void wait(std::uint64_t timeout_ns) noexcept { queue_->wait(timeout_ns); }

  // Writes what is left and the closing ledgers, and closes the file. 0 or the errno value of the
  // first error, after which the file holds everything that had been written in front of it.
  [[nodiscard]] int finish(const std::vector<ClosingLedger>& ledgers) noexcept;
  // Instead of finish(), where nothing was accepted: leaves no file.
  void discard() noexcept;

  int error() const noexcept {
    if (queue_->error() != 0) return queue_->error();
    return room_.error() != 0 || !series_ ? room_.error() : series_->error();
  }
  // The errno value for which the recording waits, 0 when it does not. Any thread. Where it ended
  // because the recording failed, known_error() says so when this says 0.
  int trouble() const noexcept { return trouble_.load(std::memory_order_acquire); }
  int known_error() const noexcept { return known_error_.load(std::memory_order_relaxed); }
  bool size_limit_reached() const noexcept {
    return limit_reached_.load(std::memory_order_relaxed);
  }
  const WriterCounters& counters() const noexcept { return counters_; }
  // The file's, or the pattern of the files' names.
  const std::string& path() const noexcept { return options_.file.path; }
  // Goes on in a new file as soon as there is one. Any thread. Without rotation: nothing.
  void request_turn() noexcept { turn_requested_.store(true, std::memory_order_relaxed); }
  // Null without rotation.
  const FileSeries* series() const noexcept { return series_.get(); }
  // Any thread: the files of a series are of one kind.
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
  // Where the file would end with everything that was taken, a block more, and what stands between.
  std::uint64_t needed_end(std::uint64_t block_bytes) const noexcept {
    return staging_.position() + packed_->waiting_bytes() + block_bytes + FileRoom::kBetweenBytes;
  }
  // What keeps the recording from going on, 0: nothing.
  int refusal() const noexcept { return queue_->error() != 0 ? queue_->error() : room_.error(); }
  // recording_files.cc, as publish()
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

  static constexpr std::uint64_t kWaitNs = 1'000'000;  // for the disk, between two looks

  RecordingOptions options_;
  std::unique_ptr<FileSeries> series_;  // with rotation
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
  std::uint64_t extra_failed_ = 0;     // packets that never got as far as a write
  std::uint64_t at_hand_packets_ = 0;  // of the block being accepted
  std::uint64_t earlier_bytes_ = 0;    // of the files before this one
  std::uint64_t earlier_packets_ = 0;  // certain, of the files before this one
  std::uint64_t next_room_ns_ = 0;
  bool deleted_ = false;               // the file being written: nothing more is put there
  std::uint64_t deleted_packets_ = 0;  // certain once, of files that were deleted under us
  bool file_gone_ = false;             // deleted for good: none of it is left
  std::atomic<int> trouble_{0};        // release: known_error_ is written before it
  std::atomic<int> known_error_{0};
  std::atomic<bool> turn_requested_{false};
  std::vector<std::uint8_t> late_events_;  // came while there was no room
};

}  // namespace capstan
