// WriterThread: takes sealed blocks from the rings' queues and drives one RecordingWriter.
//
// One per output (a stripe, or a ring's own file). Made by the record command.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/block/block_queue.h"
#include "writers/recording/recording_writer.h"

namespace capstan {

struct WriterThreadOptions {
  std::string name = "writer-0";
  std::vector<int> cpus;  // may run on these; empty: anywhere
  // Called once by the thread when its recording is open; what it throws start() throws.
  std::function<void()> when_open;
};

// Owns its queues and, while it runs, the writer. The thread makes the RecordingWriter itself,
// because an io_uring belongs to the thread that made it. Sleeps when there is nothing to do; never
// waits for a capture thread or a decoder.
class WriterThread {
 public:
  // `blocks_per_queue[i]`: places of queue i; it then holds all blocks of the ring that feeds it.
  WriterThread(WriterThreadOptions options, const std::vector<std::uint32_t>& blocks_per_queue);
  ~WriterThread();

  // For the capture threads. Valid as long as this.
  BlockQueue& queue(std::size_t index) noexcept { return *queues_[index]; }

  // Starts the thread and opens the recording in it; throws what RecordingWriter's constructor
  // threw. A FIFO is open when somebody reads it: meanwhile `keep_waiting` is asked now and then.
  void start(
      RecordingOptions options, const std::function<bool()>& keep_waiting = [] { return true; });
  // Writes the event where the recording is now: behind what was written, in front of every block
  // that is queued after this call. The making thread only; returns at once.
  void add_event(const RecordedEvent& event);
  // No more blocks will be queued: write what is left, then the ledgers, and close.
  void request_finish(std::vector<ClosingLedger> ledgers) noexcept;
  // Close what is certain and end, at once.
  void request_abandon() noexcept { abandon_.store(true, std::memory_order_relaxed); }
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  // Requires: started. Counters may be read at any time, the rest once finished().
  const WriterCounters& counters() const noexcept { return writer_->counters(); }
  // Packets in blocks that wait to be taken. At the end of a recording more than 0 only after
  // request_abandon().
  std::uint64_t packets_left() const noexcept;
  const std::vector<std::string>& notes() const noexcept { return writer_->notes(); }
  const std::string& path() const noexcept { return writer_->path(); }
  OutputKind kind() const noexcept { return writer_->kind(); }
  // Goes on in a new file; nothing without rotation.
  void request_turn() noexcept { writer_->request_turn(); }
  const FileSeries* series() const noexcept { return writer_->series(); }
  bool size_limit_reached() const noexcept { return writer_->size_limit_reached(); }
  // The errno value for which it waits (OnFull), 0 when it does not.
  int trouble() const noexcept { return writer_->trouble(); }
  // Something was refused while recording: time to stop. 0 or an errno value.
  int error() const noexcept {
    const int error = error_.load(std::memory_order_relaxed);
    return error != 0 ? error : writer_->known_error();
  }

 private:
  void run(RecordingOptions options, std::promise<void> opened) noexcept;
  bool take_blocks();
  bool nothing_waits() const noexcept;
  void write_events();

  WriterThreadOptions options_;
  std::vector<std::unique_ptr<BlockQueue>> queues_;
  std::atomic<bool> finish_{false};  // release: ledgers_ and everything queued before is visible
  std::atomic<bool> abandon_{false};
  std::atomic<bool> unwound_{false};  // before finish_: what is empty is thrown away
  std::atomic<bool> finished_{false};
  std::atomic<int> error_{0};
  std::vector<ClosingLedger> ledgers_;
  // Events are rare: a lock between their giver and the thread, which looks only when told to.
  std::atomic<bool> events_waiting_{false};
  std::mutex events_mutex_;
  std::vector<std::uint8_t> events_;         // encoded
  std::unique_ptr<RecordingWriter> writer_;  // after queues_: goes first, with its holds on blocks
  std::thread thread_;
};

}  // namespace capstan
