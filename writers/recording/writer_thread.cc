#include "writers/recording/writer_thread.h"

#include <algorithm>
#include <chrono>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/thread.h"

namespace capstan {

namespace {

// With writes under way: how long to wait for one. Without: how long to sleep, growing while
// nothing comes. The ring behind the queues holds hundreds of milliseconds.
constexpr std::uint64_t kBusyWaitNs = 2 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kLongestSleepNs = 8 * kNanosecondsPerMillisecond;
constexpr auto kOpenLook = std::chrono::milliseconds(20);

}  // namespace

WriterThread::WriterThread(WriterThreadOptions options,
                           const std::vector<std::uint32_t>& blocks_per_queue)
    : options_(std::move(options)) {
  for (const std::uint32_t blocks : blocks_per_queue) {
    queues_.push_back(std::make_unique<BlockQueue>(blocks));
  }
}

WriterThread::~WriterThread() {
  if (thread_.joinable()) {
    // Never told that the recording is over: the start was refused, or an exception ended it.
    if (!finish_.load(std::memory_order_relaxed)) {
      unwound_.store(true, std::memory_order_relaxed);
      request_finish({});
    }
    thread_.join();
  }
}

void WriterThread::start(RecordingOptions options, const std::function<bool()>& keep_waiting) {
  std::promise<void> opened;
  std::future<void> result = opened.get_future();
  options.patience.ending = &finish_;
  thread_ = start_thread("writes the recording", [this, options = std::move(options),
                                                  opened = std::move(opened)]() mutable {
    run(std::move(options), std::move(opened));
  });
  while (result.wait_for(kOpenLook) != std::future_status::ready) {
    if (!keep_waiting()) request_abandon();
  }
  result.get();
}

void WriterThread::request_finish(std::vector<ClosingLedger> ledgers) noexcept {
  ledgers_ = std::move(ledgers);
  finish_.store(true, std::memory_order_release);
}

void WriterThread::add_event(const RecordedEvent& event) {
  const std::lock_guard lock(events_mutex_);
  append_event(events_, event);
  events_waiting_.store(true, std::memory_order_relaxed);
}

void WriterThread::write_events() {
  if (!events_waiting_.load(std::memory_order_relaxed)) return;
  std::vector<std::uint8_t> events;
  {
    const std::lock_guard lock(events_mutex_);
    events.swap(events_);
    events_waiting_.store(false, std::memory_order_relaxed);
  }
  writer_->add_block(events);
}

void WriterThread::join() {
  if (thread_.joinable()) thread_.join();
}

std::uint64_t WriterThread::packets_left() const noexcept {
  std::uint64_t packets = 0;
  for (const std::unique_ptr<BlockQueue>& queue : queues_) packets += queue->packets_waiting();
  return packets;
}

bool WriterThread::nothing_waits() const noexcept {
  return std::all_of(queues_.begin(), queues_.end(),
                     [](const auto& queue) { return queue->waiting() == 0; });
}

bool WriterThread::take_blocks() {
  bool any = false;
  for (const std::unique_ptr<BlockQueue>& queue : queues_) {
    if (!writer_->has_room()) break;
    if (BlockRef block = queue->try_pop()) {
      // An event given before this block's packets were sent stands in front of them: only after
      // the block has come it is certain that the event is seen.
      write_events();
      writer_->accept(std::move(block));
      any = true;
    }
  }
  return any;
}

void WriterThread::run(RecordingOptions options, std::promise<void> opened) noexcept {
  name_current_thread(options_.name);
  keep_current_thread_on(options_.cpus);
  try {
    writer_ = std::make_unique<RecordingWriter>(std::move(options), abandon_);
    if (options_.when_open) options_.when_open();
    opened.set_value();
  } catch (...) {
    // Here, because an io_uring answers only the thread that made it.
    if (writer_) writer_->discard();
    writer_.reset();
    opened.set_exception(std::current_exception());
    finished_.store(true, std::memory_order_release);
    return;
  }
  std::uint64_t sleep_length_ns = kBusyWaitNs;
  while (!abandon_.load(std::memory_order_relaxed)) {
    // Read before the queues are looked at: what was queued before the request is then seen.
    const bool finishing = finish_.load(std::memory_order_acquire);
    const bool took = take_blocks();
    const bool completed = writer_->pump();
    write_events();
    if (took || completed) {
      sleep_length_ns = kBusyWaitNs;
    } else if (finishing && nothing_waits()) {
      break;  // blocks that wait for a disk in trouble are in the queues, and come first
    } else {
      writer_->wait(sleep_length_ns);
      sleep_length_ns = std::min(2 * sleep_length_ns, kLongestSleepNs);
    }
    if (writer_->error() != 0) error_.store(writer_->error(), std::memory_order_relaxed);
  }
  write_events();
  // After abandon the ledgers may be on their way here still.
  const bool complete = finish_.load(std::memory_order_acquire);
  const bool nothing_came = writer_->counters().packets_taken.get() == 0;
  if (unwound_.load(std::memory_order_relaxed) && nothing_came) {
    writer_->discard();
  } else {
    const int error = writer_->finish(complete ? ledgers_ : std::vector<ClosingLedger>{});
    if (error != 0) error_.store(error, std::memory_order_relaxed);
  }
  finished_.store(true, std::memory_order_release);
}

}  // namespace capstan
