// WorkerPool: a few threads at idle priority that do what was asked for, in the order of asking.
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
  // Starts `threads`, which inherit what the caller may do. At most `most_waiting` wait for one.
  // Throws std::system_error when the kernel gives no more.
  WorkerPool(unsigned threads, std::size_t most_waiting);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False: too many wait. `work` throws nothing.
  [[nodiscard]] bool put(std::function<void()> work);
  // Waits for what is being done; what waits is not begun, nor is anything taken any more. One
  // thread.
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
