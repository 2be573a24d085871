// WorkerPool: a few threads at idle priority that run jobs in the order they were added.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace capstan::serve {

// Any thread.
class WorkerPool {
 public:
  // Starts `threads` threads, which inherit the caller's privileges. At most `most_waiting` jobs
  // may wait. Throws std::system_error when the kernel refuses a thread.
  WorkerPool(unsigned threads, std::size_t most_waiting);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Adds a job. Returns false if too many wait. `work` must not throw.
  [[nodiscard]] bool put(std::function<void()> work);
  // Waits for the running jobs; waiting jobs are dropped, and no more are accepted. To be called by
  // one thread.
  void stop();

 private:
  void run();

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace capstan::serve
