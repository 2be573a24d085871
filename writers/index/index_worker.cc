#include "writers/index/index_worker.h"

#include <fmt/format.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <exception>
#include <new>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/thread.h"
#include "engine/index/file_indexer.h"
#include "writers/index/index_file.h"

namespace capstan {

namespace {

constexpr std::uint64_t kBusyPauseNs = 5 * kNanosecondsPerMillisecond;

}  // namespace

void become_idle_thread() noexcept {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_IDLE, &none);
  ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

IndexWorker::~IndexWorker() {
  leave();
  join();
}

void IndexWorker::start() {
  thread_ = start_thread("makes indexes", [this] { run(); });
}

void IndexWorker::put(Job job) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    if (ready_bytes_ + job.index.size() > kMaxWaitingBytes) job.index = {};
    const std::size_t bytes = job.index.size();
    if (!ending_ && (bytes != 0 || waiting_.size() < kMaxWaiting)) {
      (bytes != 0 ? ready_ : waiting_).push_back(std::move(job));
      ready_bytes_ += bytes;
      ready_count_.store(ready_.size(), std::memory_order_relaxed);
      changed_.notify_all();
      return;
    }
  } catch (const std::bad_alloc&) {
  }
  counters_.files_left.add(1);
}

void IndexWorker::add(const std::string& recording_path) noexcept {
  add(recording_path, {}, false);
}

void IndexWorker::add(const std::string& recording_path, std::vector<std::uint8_t> index,
                      bool marked) noexcept {
  try {
    put({recording_path, std::move(index), marked, false});
  } catch (const std::bad_alloc&) {
    counters_.files_left.add(1);
  }
}

void IndexWorker::end() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  ending_ = true;
  changed_.notify_all();
}

void IndexWorker::leave() noexcept {
  leaving_.store(true, std::memory_order_relaxed);
  end();
}

void IndexWorker::join() {
  if (thread_.joinable()) thread_.join();
}

std::string IndexWorker::last_failure() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return last_failure_;
}

void IndexWorker::run() noexcept {
  name_current_thread("index");
  keep_current_thread_on(options_.cpus);
  become_idle_thread();
  for (Job job; take(job);) index_one(job);
  finished_.store(true, std::memory_order_release);
}

// Waits for the next. What is only to be written comes first; what is only to be made anew behind
// everything else, and not at the end.
bool IndexWorker::take(Job& job) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(
      lock, [this] { return ending_ || !ready_.empty() || !waiting_.empty() || !marked_.empty(); });
  if (take_ready(job)) return true;
  if (!waiting_.empty()) {
    job = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
  }
  if (ending_) return false;
  job = {std::move(marked_.front()), {}, false, true};
  marked_.pop_front();
  return true;
}

// With the mutex.
bool IndexWorker::take_ready(Job& job) noexcept {
  if (ready_.empty()) return false;
  job = std::move(ready_.front());
  ready_.pop_front();
  ready_bytes_ -= job.index.size();
  ready_count_.store(ready_.size(), std::memory_order_relaxed);
  return true;
}

// They take memory, and reading may stand still for as long as the recording likes.
void IndexWorker::write_ready() noexcept {
  while (ready_count_.load(std::memory_order_relaxed) != 0) {
    Job job;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!take_ready(job)) return;
    }
    write_given(job);
  }
}

// Waits while there is something better to do.
bool IndexWorker::may_go_on(std::uint64_t bytes_before, std::uint64_t bytes_done) noexcept {
  counters_.bytes_read.add(bytes_done - bytes_before);
  write_ready();
  while (!leaving_.load(std::memory_order_relaxed) && options_.busy && options_.busy()) {
    sleep_ns(kBusyPauseNs);
    write_ready();
  }
  return !leaving_.load(std::memory_order_relaxed);
}

bool IndexWorker::is_ending() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ending_;
}

void IndexWorker::fail(const std::string& text) noexcept {
  counters_.files_failed.add(1);
  const std::lock_guard<std::mutex> lock(mutex_);
  last_failure_ = text;
}

void IndexWorker::leave_one(const Job& job) noexcept {
  if (job.anew) return;                            // it has one
  const std::lock_guard<std::mutex> lock(mutex_);  // put() counts here too
  counters_.files_left.add(1);
}

// Empty: counted already.
std::vector<std::uint8_t> IndexWorker::make(const Job& job) {
  IndexRecordingOptions options;
  options.limits = options_.limits;
  options.gentle = true;
  options.progress = [this, &job, before = std::uint64_t{0}](std::uint64_t done) mutable {
    const std::uint64_t from = before;
    before = done;
    return may_go_on(from, done) && !(job.anew && is_ending());
  };
  IndexedRecording indexed = index_recording(job.path, options);
  if (indexed.stopped) {
    leave_one(job);
  } else if (!indexed.refusal.empty()) {
    counters_.files_refused.add(job.anew ? 0 : 1);
  }
  return std::move(indexed.bytes);
}

void IndexWorker::write(const Job& job, std::span<const std::uint8_t> index) noexcept {
  const int error = write_index_file(job.path, index, options_.sync);
  if (error == ENOENT) {  // deleted by retention in the meantime
    counters_.files_refused.add(job.anew ? 0 : 1);
  } else if (error != 0) {
    fail(fmt::format("{}: {}", index_path_of(job.path), errno_text(error)));
  } else if (job.anew) {
    counters_.files_anew.add(1);
  } else {
    counters_.files_indexed.add(1);
  }
}

// The index that it came with; one with marks is made anew later, if there is memory to note that.
void IndexWorker::write_given(const Job& job) noexcept {
  write(job, job.index);
  if (!job.marked) return;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (marked_.size() < kMaxWaiting) marked_.push_back(job.path);
  } catch (const std::bad_alloc&) {
  }
}

void IndexWorker::index_one(const Job& job) noexcept {
  if (!job.index.empty()) {
    write_given(job);
    return;
  }
  if (leaving_.load(std::memory_order_relaxed)) {
    leave_one(job);
    return;
  }
  try {
    const std::vector<std::uint8_t> index = make(job);
    if (!index.empty()) write(job, index);
  } catch (const UsageError&) {  // deleted by retention in the meantime, or no recording
    counters_.files_refused.add(job.anew ? 0 : 1);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

}  // namespace capstan
