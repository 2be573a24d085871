// RecordingOptions: how sealed blocks are written as one recording (recording_writer.h).
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
  kAuto,     // for each block, the layout that writes its packets at less cost
  kInPlace,  // pcapng only: no copy; about 90 bytes of overhead per packet
  kPacked,   // one copy; 44 bytes (pcapng) or 16 (pcap) per packet
};

// What to do when the disk refuses writes.
enum class OnFull : std::uint8_t {
  kStop,    // the recording ends; what was written is a valid file
  kOldest,  // delete the oldest files of the series; otherwise as kPause
  kPause,   // repeat refused writes until they succeed; the ring fills meanwhile
};

struct RecordingOptions {
  OutputFileOptions file;
  FileFormat format = FileFormat::kPcapng;
  Layout layout = Layout::kAuto;
  RecordingHeader header;  // interface numbers are the interface ids in the blocks
  // Number of blocks of each ring of the capture, including rings that never deliver blocks here.
  std::vector<std::uint32_t> blocks_per_ring;
  // Number of the first of these rings, as in the blocks; the others follow in order.
  std::uint32_t first_ring = 0;
  // Longest time that packed packets of several rings wait for each other. Not below the retire
  // timeout, or the packets of a slow ring are written too late.
  std::uint64_t merge_window_ns = 250'000'000;
  // Recording ends when the file has reached this size; 0: never.
  std::uint64_t size_limit_bytes = 0;
  // When the recording changes to a new file; file.path is then the pattern of the names. Changes
  // happen between blocks, so a file may exceed rotation.size_bytes by one ring block. Not for
  // streams.
  RotationLimits rotation;
  RetentionLimits retention;  // of the files that rotation makes
  OnFull on_full = OnFull::kStop;
  Patience patience;  // how kOldest and kPause wait; the writer sets `patient`
  // How often written data is made durable; 0: only when a file is closed, if file.sync.
  std::uint64_t sync_interval_ns = 0;
  // Called for each file that has its final name; must not wait. See SeriesOptions.
  std::function<void(const FinishedFile&)> on_finished;
  // Called for each file that retention deleted; see SeriesOptions.
  std::function<void(const std::string&)> on_deleted;
  // Called with the place of each block; not owned, must outlive the writer. Null: none.
  BlockObserver* observer = nullptr;
  // Packets received this long ago are submitted to the disk even when nothing more arrives.
  // Together with the retire timeout and the merge window this is less than a second.
  std::uint64_t flush_interval_ns = 500'000'000;
  // Memory of the rings, to be registered with the backend.
  std::vector<std::span<std::uint8_t>> ring_memory;
  // Called first in every thread created here, to drop the privileges that the process drops.
  // Empty: nothing is called.
  std::function<void()> confine_thread;
  // Set by tests. Null: chosen by the kind of target and what the kernel allows.
  std::unique_ptr<IoBackend> backend;
};

// Packet counts of one recording, readable by any thread. Once the recording is closed, every
// packet taken is counted in exactly one of written, failed and beyond_limit.
struct WriterCounters {
  Counter packets_taken;         // in the blocks accepted
  Counter packets_written;       // in the file, with everything in front of them
  Counter packets_failed;        // not in the file because of an error or abandon
  Counter packets_beyond_limit;  // came after the size limit was reached
  // Taken, but in none of these three classes yet. Counted where the packets are: in the block
  // being accepted, in blocks that wait for other rings, in the staging buffer and in writes. Like
  // written and failed, as of the last publication: even if the writer hangs within a call, the
  // four counts add up to packets_taken.
  Counter packets_under_way;
  Counter bytes_written;  // certain bytes of all files
  Counter blocks_in_place;
  Counter blocks_packed;
  Counter out_of_order;   // packed packets older than the one before them
  Counter syncs_refused;  // refused by a disk in trouble: what was written before may be lost
  Counter bytes_ahead;    // at this moment: preallocated and not written yet

  void leave_out(std::uint64_t packets) noexcept {
    packets_beyond_limit.add(packets);
    packets_under_way.set(packets_under_way.get() - packets);
  }
};

}  // namespace capstan
