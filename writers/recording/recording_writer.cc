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
      ledger_(options_.first_ring, options_.blocks_per_ring.size(),
              options_.header.interfaces.size() == 1),
      room_(options_.file.preallocate_bytes, options_.blocks_per_ring.size(),
            std::max(options_.size_limit_bytes, options_.rotation.size_bytes)),
      target_{options_, staging_, ledger_, counters_, limit_reached_},
      rotation_(options_.rotation) {
  try {
    open(abandon);
  } catch (...) {
    discard();
    throw;
  }
}

void RecordingWriter::open(const std::atomic<bool>& abandon) {
  if (file_.kind() == OutputKind::kStream) options_.flush_interval_ns = 0;
  open_backend();
  queue_ = std::make_unique<WriteQueue>(*backend_, static_cast<WriteQueueOwner&>(*this),
                                        kQueuePlaces, file_.alignment_bytes(), abandon);
  packed_ = std::make_unique<PackedLayout>(target_);
  in_place_ =
      std::make_unique<InPlaceLayout>(target_, *queue_, std::max(4U, file_.alignment_bytes()));
  for (std::size_t ring = 0; ring < options_.ring_memory.size(); ++ring) {
    room_.note_block(options_.ring_memory[ring].size() / options_.blocks_per_ring[ring]);
  }
  // A pipe that breaks stays broken.
  options_.patience.patient =
      options_.on_full != OnFull::kStop && file_.kind() == OutputKind::kFile;
  queue_->be_patient(options_.patience);
  room_.be_patient(options_.patience);
  room_.start_file(file_);
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
    const std::vector<std::uint8_t> head =
        encode_pcapng_header(options_.header, target_.file_number);
    staging_.append(head.data(), head.size());
    write_opening();
  } else {
    const PcapFileHeader head = make_pcap_file_header(
        options_.format == FileFormat::kPcapNanoseconds, options_.header.interfaces.front().snaplen,
        options_.header.interfaces.front().link_type);
    staging_.append(&head, sizeof(head));
  }
  staging_.end_record(0);
  staging_.flush();  // a reader that waits, and a crash a moment from now, find a file with a head
}

void RecordingWriter::accept(BlockRef block) noexcept {
  counters_.packets_taken.add(block->packet_count);
  at_hand_packets_ = block->packet_count;
  publish();  // whatever hangs from here on, what was taken is accounted for
  place(std::move(block));
  at_hand_packets_ = 0;
}

void RecordingWriter::place(BlockRef block) noexcept {
  if (limit_reached_.load(std::memory_order_relaxed)) {
    leave_out(*block);
    return;
  }
  // Where there is no room for a whole block of the ring there may be some for its packets.
  const bool whole =
      options_.layout == Layout::kInPlace || room_.has(needed_end(block->size_bytes));
  room_.take(needed_end(whole ? block->size_bytes : RecordEncoder::most_bytes(*block)));
  if (refusal() != 0) {
    ledger_.remember(*block);  // the closing ledger counts them as not here
    extra_failed_ += std::exchange(at_hand_packets_, 0U);
    publish();
    return;
  }
  room_.note_block(block->size_bytes);
  file_.keep();
  if (series_) {
    if (turn_due()) turn();
    if (limit_reached_.load(std::memory_order_relaxed)) {
      leave_out(*block);
      return;
    }
  }
  ledger_.remember(*block);
  ledger_.note(*block);
  if (!whole || !prefers_in_place(*block)) {
    packed_mode_ = true;
    packed_->put(std::move(block));
    return;
  }
  if (packed_mode_) {
    packed_->merge_all();
    in_place_->begin();
    packed_mode_ = false;
  }
  const std::uint32_t packets = block->packet_count;
  if (!in_place_->put(std::move(block))) extra_failed_ += packets;
}

void RecordingWriter::leave_out(const SealedBlock& block) noexcept {
  ledger_.remember(block);
  counters_.leave_out(block.packet_count);
  ledger_.leave_out(block);
}

bool RecordingWriter::prefers_in_place(const SealedBlock& block) noexcept {
  // Near the size limit packets are counted one by one.
  const bool limited =
      options_.size_limit_bytes != 0 &&
      staging_.position() + 2 * std::uint64_t{block.size_bytes} > options_.size_limit_bytes;
  if (options_.layout == Layout::kPacked || queue_->ring_memory_refused()) return false;
  if (options_.layout == Layout::kInPlace) return true;
  return !limited && choice_.in_place_pays(block, packed_mode_);
}

void RecordingWriter::add_block(std::span<const std::uint8_t> block) noexcept {
  if (options_.format != FileFormat::kPcapng || queue_->error() != 0 || block.empty() ||
      limit_reached_.load(std::memory_order_relaxed)) {
    return;
  }
  if (!has_room()) {  // its time is in it: it may come late, and a few lines are enough
    if (late_events_.size() + block.size() <= FileRoom::kBetweenBytes / 2) {
      late_events_.insert(late_events_.end(), block.begin(), block.end());
    }
    return;
  }
  file_.keep();
  staging_.append(block.data(), block.size());
  staging_.end_record(0);
  if (!packed_mode_) in_place_->begin();
}

bool RecordingWriter::pump() noexcept {
  const bool any = queue_->pump();
  watch_trouble();
  if (queue_->trouble() != 0) {  // nothing more is sent until it is over
    publish();
    return any;
  }
  if (packed_->something_waits()) packed_->merge(boot_clock_ns());
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
  if (!deleted_) room_.look(*queue_, file_, needed_end(room_.largest_block()));
  if (!late_events_.empty() && has_room()) {
    const std::vector<std::uint8_t> events = std::exchange(late_events_, {});
    add_block(events);
  }
  publish();
  return any;
}

int RecordingWriter::finish(const std::vector<ClosingLedger>& ledgers) noexcept {
  packed_->merge_all();
  if (!late_events_.empty() && options_.format == FileFormat::kPcapng) {  // the reserve has room
    staging_.append(late_events_.data(), late_events_.size());
  }
  write_closing(ledgers, room_.error() != 0 ? CloseReason::kDiskRefused : CloseReason::kEnded);
  staging_.close_run();
  // Until nothing is under way: a write or preallocation that lands after the file is truncated
  // would make it longer again, with a hole. Only a disk that hangs is not waited for.
  const std::uint64_t deadline_ns = monotonic_clock_ns() + kAbandonWaitNs;
  while (!queue_->idle() && !(queue_->abandoned() && monotonic_clock_ns() > deadline_ns)) {
    queue_->wait(kWaitNs);
    watch_trouble();
  }
  if (deleted_ || file_.deleted()) forget_deleted_file();
  if (refusal() != 0) known_error_.store(refusal(), std::memory_order_relaxed);
  trouble_.store(0, std::memory_order_release);
  // io_uring tears its ring down after the process has gone, and a file registered with it stays
  // open until then: locked for readers, its file system busy.
  const bool all_over = queue_->idle();
  if (all_over) backend_->use_file(-1);
  if (!queue_->empty()) queue_->give_up();
  extra_failed_ += staging_.take_unsent_packets();  // abandoned before they got as far as a write
  publish();
  const int close_error = close_file();
  const int error = refusal() != 0 ? refusal() : close_error;
  // An io_uring answers only the thread that made it: it goes here, with nothing under way.
  if (all_over) backend_.reset();
  return error;
}

}  // namespace capstan
