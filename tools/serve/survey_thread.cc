#include "tools/serve/survey_thread.h"

#include <chrono>

#include "engine/core/thread.h"
#include "tools/query/gentle.h"
#include "tools/watch/status_socket.h"

namespace capstan::serve {

SurveyThread::SurveyThread(Archive& archive)
    : archive_(archive), thread_(start_thread("looks through files", [this] { run(); })) {}

SurveyThread::~SurveyThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_.store(true, std::memory_order_relaxed);
  }
  stopped_.notify_all();
  thread_.join();
}

void SurveyThread::run() {
  constexpr std::chrono::seconds kPause(2);
  tools::become_idle();
  while (!stop_.load(std::memory_order_relaxed)) {
    bool more = false;
    try {
      more = !tools::a_recorder_runs() && archive_.survey_one(stop_);
    } catch (const std::exception&) {  // no memory, for now
    }
    if (more) continue;
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, kPause, [this] { return stop_.load(std::memory_order_relaxed); });
  }
}

}  // namespace capstan::serve
