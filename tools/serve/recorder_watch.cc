#include "tools/serve/recorder_watch.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>

#include "engine/core/clock.h"
#include "engine/core/thread.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/watch/parse_status.h"
#include "tools/watch/status_socket.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;

// Another user's recorder may answer anything, or nothing: all of them together get as long as one
// alone would, and what is left of it at least this much. Sockets of dead ones are passed over.
constexpr std::uint64_t kLeastPatienceNs = kNanosecondsPerSecond / 5;

Json ask_all() {
  const std::uint64_t end = monotonic_clock_ns() + tools::kStatusPatienceNs;
  Json recorders = Json::array();
  Json troubles = Json::array();
  for (const std::string& path : tools::find_status_sockets()) {
    try {
      const std::uint64_t now = monotonic_clock_ns();
      const std::uint64_t patience = std::max(kLeastPatienceNs, end > now ? end - now : 0);
      Json answer = tools::parse_status<Json>(tools::ask_status(path, patience));
      if (!answer.contains("stats")) throw std::runtime_error("no recorder");
      recorders.push_back(std::move(answer));
    } catch (const std::system_error& error) {
      const int code = error.code().value();
      if (code != ECONNREFUSED && code != EACCES && code != ENOENT) {
        troubles.push_back({{"socket", path}, {"why", error.what()}});
      }
    } catch (const std::exception&) {
      troubles.push_back({{"socket", path}, {"why", "what answers there is no recorder"}});
    }
  }
  return {{"time", tools::utc_time(wall_clock_ns())},
          {"recorders", std::move(recorders)},
          {"troubles", std::move(troubles)}};
}

}  // namespace

RecorderWatch::RecorderWatch() : thread_(start_thread("asks recorders", [this] { run(); })) {}

RecorderWatch::~RecorderWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::string RecorderWatch::status() {
  const std::lock_guard lock(asking_);
  if (heard_.empty() || monotonic_clock_ns() - asked_ns_ > kNanosecondsPerSecond * 9 / 10) {
    heard_ = tools::dump_json(ask_all());
    asked_ns_ = monotonic_clock_ns();
  }
  return heard_;
}

bool RecorderWatch::listen(std::shared_ptr<Answer> answer) {
  {
    const std::lock_guard lock(mutex_);
    if (listeners_.size() >= kMostListeners) return false;
    listeners_.push_back(std::move(answer));
    new_listener_ = true;
  }
  changed_.notify_all();
  return true;
}

// Who has left, or does not read what he asked for, is let go of.
void RecorderWatch::send(const std::string& event) {
  std::vector<std::shared_ptr<Answer>> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const std::shared_ptr<Answer>& listener : listeners) {
    if (listener->stopped().load(std::memory_order_relaxed) || !listener->offer(event)) {
      listener->fail();
      const std::lock_guard lock(mutex_);
      std::erase(listeners_, listener);
    }
  }
}

void RecorderWatch::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_ || !listeners_.empty(); });
      changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stop_ || new_listener_; });
      new_listener_ = false;
      if (stop_) break;
    }
    try {
      send("event: recorders\ndata: " + status() + "\n\n");
    } catch (const std::exception&) {  // no memory, for now
    }
  }
  for (const std::shared_ptr<Answer>& listener : listeners_) listener->fail();
}

}  // namespace capstan::serve
