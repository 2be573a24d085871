// One scripted recording through a RecordingWriter over a FakeBackend, and everything that must be
// true of it afterwards whatever went wrong.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/fake_backend.h"
#include "writers/recording/recording_writer.h"

namespace capstan::test {

struct Script {
  FileFormat format = FileFormat::kPcapng;
  Layout layout = Layout::kAuto;
  std::uint32_t rings = 1;
  std::uint32_t block_size_bytes = 16U << 10;
  // Blocks of each ring in turn: first of large packets, then of small ones, then of large ones, so
  // that `auto` changes the layout twice.
  std::uint32_t blocks_per_phase = 6;
  bool direct = true;
  std::uint64_t preallocate_bytes = 0;
  std::uint64_t size_limit_bytes = 0;
  bool flush_often = true;  // at every pump, instead of never
  OnFull on_full = OnFull::kStop;
  std::uint64_t turn_bytes = 0;  // goes on in a new file at this size; 0: one file
  bool sync_often = false;       // at every pump
  bool sync_files = false;       // the head of a file, and at its end
  std::uint64_t abandon_at = 0;  // the write at which a second Ctrl+C arrives
  bool through_thread = false;   // blocks go through a WriterThread's queues, as the recorder's do
  FakeBackendOptions backend;
};

struct Outcome {
  int error = 0;
  std::uint64_t offered = 0;
  std::uint64_t left = 0;  // in the queues, after a second Ctrl+C
  std::uint64_t taken = 0;
  std::uint64_t written = 0;
  std::uint64_t failed = 0;
  std::uint64_t beyond_limit = 0;
  std::uint64_t under_way = 0;
  std::uint64_t bytes = 0;
  std::uint64_t blocks_in_place = 0;
  std::uint64_t blocks_packed = 0;
  std::uint64_t blocks_held = 0;  // when the writer is gone
  std::uint64_t file_size = 0;
  std::uint64_t files = 0;
  std::uint64_t syncs_refused = 0;
  // With a power loss: packets that a completed sync had covered, and those that repair brought
  // back.
  std::uint64_t durable = 0;
  std::uint64_t repaired = 0;
  std::uint64_t durable_syncs = 0;  // completed in front of it
  FakeBackend::Tally tally;
};

std::string describe(const Script& script);

// Runs the script and checks: conservation, the file whole up to its end and holding exactly the
// packets counted as written, each ring's from its first without a gap, blocks given back. With
// rotation the same of the files one after another. With a power loss also of what repair makes of
// the disk's state at that moment.
Outcome run_script(const Script& script);

// capinfos, with the readers of tshark and Wireshark, opens every finished file that run_script()
// has left since the last call, and finds as many packets in each. For TearDown().
void expect_wireshark_reads_all();

}  // namespace capstan::test
