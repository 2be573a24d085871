// RecorderWatch: asks the recorders on this machine for their status once a second and sends it to
// all connected clients; asks nobody while no client is connected.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tools/serve/answer.h"

namespace capstan::serve {

// Any thread.
class RecorderWatch {
 public:
  static constexpr std::size_t kMostListeners = 64;

  // Starts its thread, which inherits the caller's privileges.
  RecorderWatch();
  ~RecorderWatch();
  RecorderWatch(const RecorderWatch&) = delete;
  RecorderWatch& operator=(const RecorderWatch&) = delete;

  // Returns {"recorders":[...]} as JSON, at most a second old.
  std::string status();
  // Sends an event to `answer` every second, the first at once, until the client leaves. Returns
  // false if there are too many listeners.
  bool listen(std::shared_ptr<Answer> answer);

 private:
  void run();
  void send(const std::string& event);

  std::mutex asking_;  // one thread asks, the others wait for its result
  std::uint64_t asked_ns_ = 0;
  std::string heard_;

  std::mutex mutex_;  // protects the members below
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Answer>> listeners_;
  bool new_listener_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace capstan::serve
