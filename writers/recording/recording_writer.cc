#include "writers/recording/recording_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/boot_clock.h"
#include "engine/core/check.h"
#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/format/block_head.h"
#include "writers/io/plain_backends.h"
#include "writers/io/uring_backend.h"
#include "writers/recording/pcap_format.h"

namespace capstan {

namespace {

constexpr unsigned kQueuePlaces = 128;
// After abandon: what is under way is at most 128 MiB, which takes a slow disk this long.
constexpr std::uint64_t kAbandonWaitNs = kNanosecondsPerSecond;
// Blocks in a row that must agree before the layout changes: each change pads the file to its
// alignment and sends a part-full buffer.
constexpr std::uint32_t kVotesToSwitch = 4;
constexpr std::uint32_t kPackedOverheadBytes =
    46;  // an EPB's 32 bytes, its flags, half its padding

std::unique_ptr<IoBackend> choose_backend(OutputKind kind, std::vector<std::string>& notes) {
  if (kind == OutputKind::kStream) return make_stream_backend();
  if (kind == OutputKind::kNull) return make_null_backend();
  int error = 0;
  // One entry more than places, for a preallocation.
  std::unique_ptr<IoBackend> backend = make_uring_backend(2 * kQueuePlaces, error);
  if (backend) return backend;
  notes.push_back(fmt::format(
      "io_uring is not available ({}): writing with pwrite(2), which costs throughput{}",
      errno_text(error), error == EPERM ? "; see sysctl kernel.io_uring_disabled" : ""));
  return make_pwrite_backend();
}

}  // namespace

// Before anything is opened, so that what is refused leaves nothing behind.
RecordingOptions RecordingWriter::checked(RecordingOptions options) {
  const std::vector<RecordedInterface>& interfaces = options.header.interfaces;
  if (options.format != FileFormat::kPcapng) {
    const bool one_link_type =
        std::all_of(interfaces.begin(), interfaces.end(), [&](const RecordedInterface& interface) {
          return interface.link_type == interfaces.front().link_type;
        });
    if (!one_link_type) {
      throw UsageError(
          "classic pcap holds one link type, and these interfaces have several: pcapng "
          "holds them, or a file for each ring");
    }
    options.layout = Layout::kPacked;
  }
  return options;
}

RecordingWriter::RecordingWriter(RecordingOptions options, const std::atomic<bool>& abandon)
    : options_(checked(std::move(options))),
      file_(open_file(abandon)),
      backend_(std::move(options_.backend)),
      staging_(file_.alignment_bytes()),
      rotation_(options_.rotation),
      space_(options_.file.preallocate_bytes, reserve_bytes()) {
  try {
    open(abandon);
  } catch (...) {
    discard();
    throw;
  }
}

void RecordingWriter::open(const std::atomic<bool>& abandon) {
  for (const RecordedInterface& interface : options_.header.interfaces) {
    link_types_.push_back(interface.link_type);
  }
  counts_.resize(options_.blocks_per_ring.size());
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i].ring = options_.first_ring + static_cast<std::uint32_t>(i);
    counts_[i].interface_id = link_types_.size() == 1 ? 0 : counts_[i].ring;
  }
  places_.resize(options_.blocks_per_ring.size());
  unplaced_.resize(options_.blocks_per_ring.size());
  if (options_.blocks_per_ring.size() > 1) {
    merge_ = std::make_unique<PacketMerge>(options_.blocks_per_ring, link_types_,
                                           options_.merge_window_ns);
    admitted_.resize(options_.blocks_per_ring.size());
  }
  if (file_.kind() == OutputKind::kStream) options_.flush_interval_ns = 0;
  open_backend();
  queue_ = std::make_unique<WriteQueue>(*backend_, static_cast<WriteQueueOwner&>(*this),
                                        kQueuePlaces, file_.alignment_bytes(), abandon);
  space_.start_file(file_.can_preallocate(), file_.preallocated_bytes());
  begun_bytes_.resize(options_.blocks_per_ring.size());
  for (std::size_t ring = 0; ring < options_.ring_memory.size(); ++ring) {
    largest_block_ = std::max<std::uint64_t>(
        largest_block_, options_.ring_memory[ring].size() / options_.blocks_per_ring[ring]);
  }
  // A pipe that breaks stays broken.
  options_.patience.patient =
      options_.on_full != OnFull::kStop && file_.kind() == OutputKind::kFile;
  queue_->be_patient(options_.patience);
  staging_.use_queue(queue_.get());
  write_header();
  last_sync_ns_ = monotonic_clock_ns();
  rotation_.start_file(boot_clock_ns(), wall_clock_ns());
  publish();  // what is taken ahead is known before anybody looks at the disk
}

RecordingWriter::~RecordingWriter() { wait_for_kernel(); }

// The kernel may still read blocks and buffers: they must not go before it is done with them. After
// abandon the process ends at once and gives nothing back.
void RecordingWriter::wait_for_kernel() noexcept {
  if (!queue_) return;
  while (!queue_->empty() && !queue_->abandoned()) queue_->wait(kWaitNs);
  if (!queue_->empty()) queue_->give_up();
}

void RecordingWriter::discard() noexcept {
  wait_for_kernel();
  if (backend_ && queue_ && queue_->idle()) backend_->use_file(-1);
  file_.discard();
  if (series_) static_cast<void>(series_->finish());
}

void RecordingWriter::open_backend() {
  if (!backend_) backend_ = choose_backend(file_.kind(), notes_);
  if (file_.kind() == OutputKind::kFile && file_.direct_refused_errno() != 0) {
    notes_.push_back(
        fmt::format("{}: this file system refuses O_DIRECT ({}): writing through the page "
                    "cache, which costs memory bandwidth",
                    file_.path(), errno_text(file_.direct_refused_errno())));
  }
  backend_->use_file(file_.descriptor());
  std::vector<std::span<std::uint8_t>> regions = options_.ring_memory;
  regions.push_back(staging_.memory());
  const int refused = backend_->register_memory(regions);
  if (refused != 0) {
    const bool memlock = refused == ENOMEM || refused == EPERM;
    notes_.push_back(
        fmt::format("ring memory cannot be registered with io_uring ({}): writing without, "
                    "at more CPU per write{}",
                    errno_text(refused),
                    memlock ? "; raise RLIMIT_MEMLOCK (ulimit -l) or grant CAP_IPC_LOCK" : ""));
    const std::span<std::uint8_t> staging[] = {staging_.memory()};
    [[maybe_unused]] const int again = backend_->register_memory(staging);
  }
}

void RecordingWriter::write_header() {
  if (options_.format == FileFormat::kPcapng) {
    const std::vector<std::uint8_t> head = encode_pcapng_header(options_.header, files_begun_);
    staging_.append(head.data(), head.size());
    write_opening();
  } else {
    const PcapFileHeader head =
        make_pcap_file_header(options_.format == FileFormat::kPcapNanoseconds,
                              options_.header.interfaces.front().snaplen, link_types_.front());
    staging_.append(&head, sizeof(head));
  }
  staging_.end_record(0);
  staging_.flush();  // a reader that waits, and a crash a moment from now, find a file with a head
}

void RecordingWriter::accept(BlockRef block) noexcept {
  counters_.packets_taken.add(block->packet_count);
  if (limit_reached_.load(std::memory_order_relaxed)) {
    leave_out_block(*block);
    return;
  }
  if (refusing_ && !space_.has(needed_end(block->size_bytes))) space_error_ = space_.refusal();
  if (queue_->error() != 0 || space_error_ != 0) {
    remember_counts(*block);  // the closing ledger counts them as not here
    extra_failed_ += block->packet_count;
    publish();
    return;
  }
  largest_block_ = std::max<std::uint64_t>(largest_block_, block->size_bytes);
  file_.keep();
  if (series_) {
    if (turn_due()) turn();
    if (limit_reached_.load(std::memory_order_relaxed)) {
      leave_out_block(*block);
      return;
    }
  }
  remember_counts(*block);
  note_in_file(*block);
  const bool in_place = prefers_in_place(*block);
  if (in_place) {
    if (packed_mode_) {
      merge(PacketMerge::kAllHaveCome);
      pad_to_alignment();
      packed_mode_ = false;
    }
    write_in_place(std::move(block));
    return;
  }
  packed_mode_ = true;
  counters_.blocks_packed.add(1);
  if (merge_) {
    note_waiting(*block);
    merge_->add(std::move(block), boot_clock_ns());
  } else {
    pack_block(*block);
  }
}

bool RecordingWriter::prefers_in_place(const SealedBlock& block) noexcept {
  // Near the size limit packets are counted one by one.
  const bool limited =
      options_.size_limit_bytes != 0 &&
      staging_.position() + 2 * std::uint64_t{block.size_bytes} > options_.size_limit_bytes;
  if (options_.layout == Layout::kPacked || queue_->ring_memory_refused()) return false;
  if (options_.layout == Layout::kInPlace) return true;
  if (limited) return false;
  // In place saves the copy, 30 to 40 ns a packet, and costs disk: a twentieth more at 1500 bytes,
  // half more at 60. With small packets it is the CPU that limits a recording, never the disk, so
  // in place pays for every full block (docs/benchmarks.md, "Layouts"); a part-filled one is mostly
  // padding.
  const std::uint64_t packed_bytes =
      block.captured_bytes + std::uint64_t{block.packet_count} * kPackedOverheadBytes;
  const bool pays = std::uint64_t{block.size_bytes} * 5 <= packed_bytes * 8;
  votes_ = pays == packed_mode_ ? votes_ + 1 : 0;
  if (votes_ < kVotesToSwitch) return !packed_mode_;
  votes_ = 0;
  return pays;
}

void RecordingWriter::write_in_place(BlockRef block) noexcept {
  if (at_limit(block->size_bytes)) {
    leave_out(block->ring, block->packet_count);
    return;
  }
  while (queue_->full() && !queue_->abandoned()) queue_->wait(kWaitNs);
  // After a second interrupt within this call what was to be padded may have been left out: the
  // position is then no multiple of the alignment, and nothing behind it can become certain.
  if (queue_->full() || queue_->error() != 0) {
    extra_failed_ += block->packet_count;
    return;
  }
  WriteRequest request;
  request.data = block->data;
  request.length = block->size_bytes;
  request.offset = staging_.position();
  request.packets = block->packet_count;
  request.certain_end = request.offset + request.length;
  if (options_.observer != nullptr) {
    BlockHead head;
    std::memcpy(&head, block->data, sizeof(head));
    options_.observer->block_placed({block->ring, head.sequence, files_begun_, request.offset,
                                     request.length, block->packet_count, false});
  }
  const std::uint64_t next = request.certain_end;
  request.block = std::move(block);
  queue_->submit(std::move(request));
  staging_.start_at(next);
  counters_.blocks_in_place.add(1);
}

// Ends the packed run with a padding block, so that a ring block can follow at an aligned offset.
void RecordingWriter::pad_to_alignment() noexcept {
  const std::uint64_t alignment = std::max<std::uint64_t>(file_.alignment_bytes(), 4);
  std::uint64_t gap = (alignment - staging_.position() % alignment) % alignment;
  if (gap != 0) {
    if (gap < pcapng::kMinBlockBytes) gap += alignment;
    std::vector<std::uint8_t> padding;
    append_padding(padding, gap);
    staging_.append(padding.data(), padding.size());
    staging_.end_record(0);
  }
  staging_.close_run();
}

void RecordingWriter::add_block(std::span<const std::uint8_t> block) noexcept {
  if (options_.format != FileFormat::kPcapng || queue_->error() != 0 || block.empty() ||
      limit_reached_.load(std::memory_order_relaxed)) {
    return;
  }
  if (!has_room()) {  // its time is in it: it may come late, and a few lines are enough
    if (late_events_.size() + block.size() <= kBetweenBytes / 2) {
      late_events_.insert(late_events_.end(), block.begin(), block.end());
    }
    return;
  }
  file_.keep();
  staging_.append(block.data(), block.size());
  staging_.end_record(0);
  if (!packed_mode_) pad_to_alignment();
}

bool RecordingWriter::pump() noexcept {
  const bool any = queue_->pump();
  watch_trouble();
  if (queue_->trouble() != 0) {  // nothing more is sent until it is over
    publish();
    return any;
  }
  if (merge_ && !merge_->empty()) merge(boot_clock_ns());
  if (turn_due()) turn();  // also on a link where nothing arrives
  const std::uint64_t now = monotonic_clock_ns();
  if (now - last_flush_ns_ >= options_.flush_interval_ns) {
    staging_.flush();
    watch_file();
    last_flush_ns_ = now;
  }
  // Once only, at its begin: a file whose head a power loss takes is no recording, however much of
  // the rest is there.
  if (!head_synced_ && options_.file.sync && file_.kind() == OutputKind::kFile &&
      queue_->certain_end() != 0) {
    head_synced_ = queue_->sync();
  }
  if (options_.sync_interval_ns != 0 && now - last_sync_ns_ >= options_.sync_interval_ns &&
      queue_->sync()) {
    last_sync_ns_ = now;
  }
  take_space();
  if (!late_events_.empty() && has_room()) {
    const std::vector<std::uint8_t> events = std::exchange(late_events_, {});
    add_block(events);
  }
  publish();
  return any;
}

void RecordingWriter::publish() noexcept {
  counters_.packets_written.set(queue_->certain_packets() - deleted_packets_);
  counters_.packets_failed.set(queue_->failed_packets() + extra_failed_ + deleted_packets_);
  counters_.bytes_written.set(earlier_bytes_ + (file_gone_ ? 0 : queue_->certain_end()));
  counters_.syncs_refused.set(queue_->syncs_refused());
  const std::uint64_t position = staging_.position();
  counters_.bytes_ahead.set(space_.end() > position ? space_.end() - position : 0);
  if (series_) series_->note_writing(queue_->certain_end());
}

int RecordingWriter::finish(const std::vector<ClosingLedger>& ledgers) noexcept {
  merge(PacketMerge::kAllHaveCome);
  if (!late_events_.empty() && options_.format == FileFormat::kPcapng) {  // the reserve has room
    staging_.append(late_events_.data(), late_events_.size());
  }
  write_closing(ledgers, space_error_ != 0 ? CloseReason::kDiskRefused : CloseReason::kEnded);
  staging_.close_run();
  // Until nothing is under way: a write or preallocation that lands after the file is truncated
  // would make it longer again, with a hole. Only a disk that hangs is not waited for.
  const std::uint64_t deadline_ns = monotonic_clock_ns() + kAbandonWaitNs;
  while (!queue_->idle() && !(queue_->abandoned() && monotonic_clock_ns() > deadline_ns)) {
    queue_->wait(kWaitNs);
    watch_trouble();
  }
  if (deleted_ || file_.deleted()) forget_deleted_file();
  if (const int error = queue_->error() != 0 ? queue_->error() : space_error_; error != 0) {
    known_error_.store(error, std::memory_order_relaxed);
  }
  trouble_.store(0, std::memory_order_release);
  // io_uring tears its ring down after the process has gone, and a file registered with it stays
  // open until then: locked for readers, its file system busy.
  const bool all_over = queue_->idle();
  if (all_over) backend_->use_file(-1);
  if (!queue_->empty()) queue_->give_up();
  extra_failed_ += staging_.take_unsent_packets();  // abandoned before they got as far as a write
  publish();
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
  const int refused = queue_->error() != 0 ? queue_->error() : space_error_;
  const int error = refused != 0 ? refused : close_error;
  // An io_uring answers only the thread that made it: it goes here, with nothing under way.
  if (all_over) backend_.reset();
  return error;
}

}  // namespace capstan
