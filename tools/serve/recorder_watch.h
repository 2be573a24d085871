// RecorderWatch: what the recorders that run here say of themselves, once a second, to whoever is
// connected; nobody is asked while nobody listens.
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

  // Starts its thread, which inherits what the caller may do.
  RecorderWatch();
  ~RecorderWatch();
  RecorderWatch(const RecorderWatch&) = delete;
  RecorderWatch& operator=(const RecorderWatch&) = delete;

  // {"recorders":[...]} as JSON, at most a second old.
  std::string status();
  // Sends it an event a second, the first at once, until it leaves. False: there are too many.
  bool listen(std::shared_ptr<Answer> answer);

 private:
  void run();
  void send(const std::string& event);

  std::mutex asking_;  // one thread asks, the others wait for what it hears
  std::uint64_t asked_ns_ = 0;
  std::string heard_;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Answer>> listeners_;
  bool new_listener_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace capstan::serve
