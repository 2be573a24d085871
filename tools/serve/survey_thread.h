// SurveyThread: reads finished files without an index at idle priority, so that the timeline
// includes them. Only while no recorder runs: nothing is read during a recording unless a user
// asked for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tools/serve/archive.h"

namespace capstan::serve {

class SurveyThread {
 public:
  // Starts the thread, which inherits the caller's privileges. `archive` is borrowed.
  explicit SurveyThread(Archive& archive);
  ~SurveyThread();
  SurveyThread(const SurveyThread&) = delete;
  SurveyThread& operator=(const SurveyThread&) = delete;

 private:
  void run();

  Archive& archive_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace capstan::serve
