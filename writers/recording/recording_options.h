// RecordingOptions: what one recording of sealed blocks is to become (recording_writer.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/stats.h"
#include "writers/file/finished_file.h"
#include "writers/file/output_file.h"
#include "writers/file/retention.h"
#include "writers/file/rotation.h"
#include "writers/io/io_backend.h"
#include "writers/io/write_queue.h"
#include "writers/recording/block_observer.h"
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
  // Told of each file that retention deleted; see SeriesOptions.
  std::function<void(const std::string&)> on_deleted;
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
  // Taken and none of the three yet: counted where they are, in the block at hand, in blocks that
  // wait for other rings, in the staging buffer and in writes. As of the last publication, like
  // written and failed: where the writer hangs within a call, the four still make up what was
  // taken.
  Counter packets_under_way;
  Counter bytes_written;  // of the files that are certain
  Counter blocks_in_place;
  Counter blocks_packed;
  Counter out_of_order;   // packed packets older than the one before them
  Counter syncs_refused;  // by a disk in trouble: what was written before them may not last
  Counter bytes_ahead;    // now: taken of the disk, and not written yet

  void leave_out(std::uint64_t packets) noexcept {
    packets_beyond_limit.add(packets);
    packets_under_way.set(packets_under_way.get() - packets);
  }
};

}  // namespace capstan
