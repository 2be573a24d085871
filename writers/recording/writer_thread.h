// WriterThread: takes sealed blocks from the rings' queues and passes them to one RecordingWriter.
//
// There is one for each output (a stripe, or a ring's own file). Created by the record command.
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
  std::vector<int> cpus;  // the thread may run on these; empty: on any
  // Called once by the thread when its recording is open; start() throws what this throws.
  std::function<void()> when_open;
};

// Owns its queues and, while the thread runs, the writer. The thread itself creates the
// RecordingWriter, because an io_uring belongs to the thread that created it. Sleeps when there is
// nothing to do; never waits for a capture thread or a decoder.
class WriterThread {
 public:
  // `blocks_per_queue[i]`: number of places in queue i, enough for all blocks of the ring that
  // feeds it.
  WriterThread(WriterThreadOptions options, const std::vector<std::uint32_t>& blocks_per_queue);
  ~WriterThread();

  // For the capture threads. Valid as long as this object.
  BlockQueue& queue(std::size_t index) noexcept { return *queues_[index]; }

  // Starts the thread and waits until it has opened the recording; throws what RecordingWriter's
  // constructor threw. Opening a FIFO waits for a reader: meanwhile `keep_waiting` is called now
  // and then, and false gives up.
  void start(
      RecordingOptions options, const std::function<bool()>& keep_waiting = [] { return true; });
  // Writes the event at the present place of the recording: behind everything written, and in front
  // of every block that is queued after this call. Only for the thread that created this object;
  // returns at once.
  void add_event(const RecordedEvent& event);
  // To be called when no more blocks will be queued: the thread writes what is left, then the
  // ledgers, and closes the file.
  void request_finish(std::vector<ClosingLedger> ledgers) noexcept;
  // The thread closes what is certain and ends at once.
  void request_abandon() noexcept { abandon_.store(true, std::memory_order_relaxed); }
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  // The following functions require a successful start(). Counters may be read at any time, the
  // rest once finished().
  const WriterCounters& counters() const noexcept { return writer_->counters(); }
  // Packets in blocks that wait in the queues. At the end of a recording this is 0, except after
  // request_abandon().
  std::uint64_t packets_left() const noexcept;
  const std::vector<std::string>& notes() const noexcept { return writer_->notes(); }
  const std::string& path() const noexcept { return writer_->path(); }
  OutputKind kind() const noexcept { return writer_->kind(); }
  // Requests a new file; ignored without rotation.
  void request_turn() noexcept { writer_->request_turn(); }
  const FileSeries* series() const noexcept { return writer_->series(); }
  bool size_limit_reached() const noexcept { return writer_->size_limit_reached(); }
  // The errno value for which the writer waits (OnFull), 0 when it does not wait.
  int trouble() const noexcept { return writer_->trouble(); }
  // 0, or the errno value of an error while recording, after which recording should stop.
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
  std::atomic<bool> finish_{false};  // release: ledgers_ and all blocks queued before are visible
  std::atomic<bool> abandon_{false};
  std::atomic<bool> unwound_{false};  // set before finish_: a recording without packets is deleted
  std::atomic<bool> finished_{false};
  std::atomic<int> error_{0};
  std::vector<ClosingLedger> ledgers_;
  // Events are rare: the mutex protects events_ between the caller of add_event() and the thread,
  // which takes it only when events_waiting_ is set.
  std::atomic<bool> events_waiting_{false};
  std::mutex events_mutex_;
  std::vector<std::uint8_t> events_;         // encoded
  std::unique_ptr<RecordingWriter> writer_;  // after queues_: destroyed first, with its blocks
  std::thread thread_;
};

}  // namespace capstan
