// RecordingWriter: sealed blocks into one recording, in the layout that suits them.
//
// Driven by writer_thread.cc. In place: a block's own memory goes to the file as it is. Packed: its
// packets are copied, dense and in time order, into staging buffers. Both mix in one pcapng file.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/block/block_ref.h"
#include "engine/core/stats.h"
#include "writers/file/file_series.h"
#include "writers/file/output_file.h"
#include "writers/file/rotation.h"
#include "writers/file/space_ahead.h"
#include "writers/io/io_backend.h"
#include "writers/io/staging.h"
#include "writers/io/write_queue.h"
#include "writers/recording/block_observer.h"
#include "writers/recording/packet_merge.h"
#include "writers/recording/pcapng_format.h"

namespace capstan {

enum class FileFormat : std::uint8_t { kPcapng, kPcapMicroseconds, kPcapNanoseconds };

enum class Layout : std::uint8_t {
  kAuto,     // per block, whichever writes the packet cheaper
  kInPlace,  // pcapng only: no copy; about 90 bytes of overhead a packet
  kPacked,   // one copy; 44 bytes (pcapng) or 16 (pcap) a packet
};

// What is done when the disk refuses writes.
enum class OnFull : std::uint8_t {
  kStop,    // the recording ends, with what was written as a valid file
  kOldest,  // the oldest files of the series make room; otherwise as kPause
  kPause,   // what was refused is offered again until it is taken; meanwhile the ring fills
};

struct RecordingOptions {
  OutputFileOptions file;
  FileFormat format = FileFormat::kPcapng;
  Layout layout = Layout::kAuto;
  RecordingHeader header;  // its interfaces are those of the blocks' interface ids
  // Blocks each ring of the capture has; rings that never deliver here have their place too.
  std::vector<std::uint32_t> blocks_per_ring;
  // The number that blocks of the first of these rings carry; the others follow.
  std::uint32_t first_ring = 0;
  // Packed packets of several rings wait for each other at most this long; not below the retire
  // timeout, or a slow ring's packets come out late.
  std::uint64_t merge_window_ns = 250'000'000;
  // Recording ends when the file has reached this size; 0: never.
  std::uint64_t size_limit_bytes = 0;
  // When the recording goes on in a new file; file.path is then the pattern of names. Turns lie
  // between blocks: a file may pass rotation.size_bytes by one ring block. Not with streams.
  RotationLimits rotation;
  RetentionLimits retention;  // of the files of rotation
  OnFull on_full = OnFull::kStop;
  Patience patience;  // how the last two wait; `patient` is set by them
  // What was written is made durable so often; 0: only when a file is closed, if file.sync.
  std::uint64_t sync_interval_ns = 0;
  // Told of each file that has its name; must not wait. See SeriesOptions.
  std::function<void(const FinishedFile&)> on_finished;
  // Told where each block went; not owned, outlives the writer. Null: nobody.
  BlockObserver* observer = nullptr;
  // What was received this long ago is on its way to disk also when nothing more arrives. With the
  // retire timeout and the merge window in front of it less than a second.
  std::uint64_t flush_interval_ns = 500'000'000;
  // Rings' memory, to be registered with the backend.
  std::vector<std::span<std::uint8_t>> ring_memory;
  // What threads made here do first, to give up what the process gives up. Empty: nothing.
  std::function<void()> confine_thread;
  // Tests put theirs here; null chooses by the kind of target and what the kernel allows.
  std::unique_ptr<IoBackend> backend;
};

// Packets of one recording, readable by any thread. When it is closed, every packet taken is in
// exactly one of written, failed, beyond_limit.
struct WriterCounters {
  Counter packets_taken;         // of blocks accepted
  Counter packets_written;       // on the file, everything in front of them too
  Counter packets_failed;        // not on the file because of an error, or abandoned
  Counter packets_beyond_limit;  // came after the size limit was reached
  Counter bytes_written;         // of the files that are certain
  Counter blocks_in_place;
  Counter blocks_packed;
  Counter out_of_order;   // packed packets older than the one before them
  Counter syncs_refused;  // by a disk in trouble: what was written before them may not last
  Counter bytes_ahead;    // now: taken of the disk, and not written yet
};

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
           (refusing_ || space_.has(needed_end(largest_block_)));
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
    return space_error_ != 0 || !series_ ? space_error_ : series_->error();
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
  OutputKind kind() const noexcept { return file_.kind(); }

 private:
  bool direct_write_refused() noexcept override { return file_.give_up_direct(); }

  static RecordingOptions checked(RecordingOptions options);
  void open(const std::atomic<bool>& abandon);
  void wait_for_kernel() noexcept;
  void open_backend();
  void write_header();
  bool prefers_in_place(const SealedBlock& block) noexcept;
  void write_in_place(BlockRef block) noexcept;
  void pad_to_alignment() noexcept;
  void publish() noexcept;
  // recording_files.cc
  OutputFile open_file(const std::atomic<bool>& abandon);
  bool turn_due() noexcept;
  void turn() noexcept;
  void wait_until_idle() noexcept;
  void watch_trouble() noexcept;
  void watch_file() noexcept;
  void forget_deleted_file() noexcept;
  void note_in_file(const SealedBlock& block) noexcept;
  void remember_counts(const SealedBlock& block) noexcept;
  FinishedFile describe_file() const;
  void write_opening() noexcept;
  void write_closing(const std::vector<ClosingLedger>& ledgers, CloseReason reason) noexcept;
  // recording_space.cc
  std::uint64_t reserve_bytes() const noexcept;
  // Where the file would end with everything that was taken, a block more, and what stands between.
  std::uint64_t needed_end(std::uint64_t block_bytes) const noexcept {
    return staging_.position() + waiting_bytes_ + block_bytes + kBetweenBytes;
  }
  void take_space() noexcept;
  bool patience_is_over(std::uint64_t now_ns) noexcept;
  void note_waiting(const SealedBlock& block) noexcept;
  void note_begun(std::size_t ring, std::uint32_t block_bytes) noexcept;
  // recording_pack.cc
  void merge(std::uint64_t now_ns) noexcept;
  void pack_block(const SealedBlock& block) noexcept;
  std::uint32_t packets_within_limit(const SealedBlock& block) noexcept;
  std::uint32_t record_bytes(const PacketView& packet) const noexcept;
  void pack_prologue(const SealedBlock& block, std::uint32_t packet_count) noexcept;
  void pack_packet(const PacketView& packet) noexcept;
  void leave_out(std::size_t ring, std::uint64_t packets) noexcept;
  void leave_out_block(const SealedBlock& block) noexcept;
  void begin_place(const SealedBlock& block, std::uint32_t packets) noexcept;
  void end_place(std::size_t ring) noexcept;
  void pack_pcapng(const PacketView& packet) noexcept;
  void pack_pcap(const PacketView& packet) noexcept;
  bool at_limit(std::uint64_t more_bytes) noexcept;

  static constexpr std::uint64_t kWaitNs = 1'000'000;  // for the disk, between two looks
  // Padding to an alignment on either side of a block, and a few events.
  static constexpr std::uint64_t kBetweenBytes = 12U << 10;

  RecordingOptions options_;
  std::unique_ptr<FileSeries> series_;  // with rotation
  OutputFile file_;
  std::unique_ptr<IoBackend> backend_;
  StagingStream staging_;
  std::unique_ptr<WriteQueue> queue_;
  std::vector<std::uint16_t> link_types_;  // by interface id
  std::unique_ptr<PacketMerge> merge_;     // with several rings
  std::vector<std::string> notes_;
  bool packed_mode_ = true;
  std::uint32_t votes_ = 0;  // blocks in a row that would rather have the other layout
  std::uint64_t last_packed_ns_ = 0;
  std::uint64_t last_flush_ns_ = 0;
  std::uint64_t extra_failed_ = 0;
  std::vector<bool> admitted_;           // by ring: the block being merged began before the limit
  std::vector<std::uint64_t> left_out_;  // by ring: packets beyond the limit
  // By ring, with an observer: the packed block whose packets are going out, and how many still
  // are.
  std::vector<PlacedBlock> places_;
  std::vector<std::uint32_t> unplaced_;
  Rotation rotation_;
  // By ring, from options_.first_ring: what its last block said, and the packets taken of it.
  std::vector<ClosingLedger> counts_;
  std::uint64_t earlier_bytes_ = 0;  // of the files before this one
  std::uint64_t file_packets_ = 0;   // taken for this file
  std::uint64_t file_first_ns_ = 0;  // the earliest of them, and the latest
  std::uint64_t file_last_ns_ = 0;
  std::uint32_t files_begun_ = 1;
  std::uint64_t last_sync_ns_ = 0;
  bool head_synced_ = false;  // of this file
  std::uint64_t next_room_ns_ = 0;
  bool deleted_ = false;               // the file being written: nothing more is put there
  std::uint64_t earlier_packets_ = 0;  // certain, of the files before this one
  std::uint64_t deleted_packets_ = 0;  // certain once, of files that were deleted under us
  bool file_gone_ = false;             // deleted for good: none of it is left
  std::atomic<int> trouble_{0};        // release: known_error_ is written before it
  std::atomic<int> known_error_{0};
  std::atomic<bool> turn_requested_{false};
  SpaceAhead space_;
  std::uint64_t largest_block_ = 0;
  std::uint64_t waiting_bytes_ = 0;  // of blocks whose packets wait to be merged
  std::vector<std::uint32_t>
      begun_bytes_;        // by ring: of them, the block whose packets are going out
  bool refusing_ = false;  // there is no room for a further block, and none is waited for
  int space_error_ = 0;    // a block had to be refused: the recording ends
  int space_trouble_ = 0;  // there is no room for a further block, and it is waited for
  std::uint64_t next_space_ns_ = 0;
  std::uint64_t ending_since_ns_ = 0;
  std::vector<std::uint8_t> late_events_;  // came while there was no room
  std::atomic<bool> limit_reached_{false};
  WriterCounters counters_;
};

}  // namespace capstan
