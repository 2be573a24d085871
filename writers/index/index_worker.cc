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

constexpr std::uint64_t kLockedPauseNs = 10 * kNanosecondsPerMillisecond;
constexpr int kLockedTries = 500;
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

void IndexWorker::add(const std::string& recording_path) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    if (!ending_ && waiting_.size() < kMaxWaiting) {
      waiting_.push_back(recording_path);
      changed_.notify_all();
      return;
    }
  } catch (const std::bad_alloc&) {
  }
  counters_.files_left.add(1);
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
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) break;
    const std::string path = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    index_one(path);
    lock.lock();
  }
  finished_.store(true, std::memory_order_release);
}

// Waits while there is something better to do.
bool IndexWorker::may_go_on(std::uint64_t bytes_before, std::uint64_t bytes_done) noexcept {
  counters_.bytes_read.add(bytes_done - bytes_before);
  while (!leaving_.load(std::memory_order_relaxed) && options_.busy && options_.busy()) {
    sleep_ns(kBusyPauseNs);
  }
  return !leaving_.load(std::memory_order_relaxed);
}

void IndexWorker::fail(const std::string& text) noexcept {
  counters_.files_failed.add(1);
  const std::lock_guard<std::mutex> lock(mutex_);
  last_failure_ = text;
}

void IndexWorker::leave_one() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);  // add() counts here too
  counters_.files_left.add(1);
}

void IndexWorker::index_one(const std::string& path) noexcept {
  if (leaving_.load(std::memory_order_relaxed)) {
    leave_one();
    return;
  }
  try {
    IndexRecordingOptions options;
    options.limits = options_.limits;
    options.gentle = true;
    options.progress = [this, before = std::uint64_t{0}](std::uint64_t done) mutable {
      const std::uint64_t from = before;
      before = done;
      return may_go_on(from, done);
    };
    IndexedRecording indexed = index_recording(path, options);
    // An io_uring lets go of a file, and of its lock, only some time after it was closed.
    for (int i = 0; i < kLockedTries && indexed.locked && !leaving_.load(std::memory_order_relaxed);
         ++i) {
      sleep_ns(kLockedPauseNs);
      indexed = index_recording(path, options);
    }
    if (indexed.stopped) {
      leave_one();
    } else if (!indexed.refusal.empty()) {
      counters_.files_refused.add(1);
    } else if (const int error = write_index_file(path, indexed.bytes, options_.sync);
               error == ENOENT) {
      counters_.files_refused.add(1);
    } else if (error != 0) {
      fail(fmt::format("{}: {}", index_path_of(path), errno_text(error)));
    } else {
      counters_.files_indexed.add(1);
    }
  } catch (const UsageError&) {  // deleted by retention in the meantime, or no recording
    counters_.files_refused.add(1);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

}  // namespace capstan
