// Waiting for a condition, not for a time.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace capstan::test {

// Looks every millisecond or so until the condition holds. False, after a generous time, when it
// never did: a guard against hanging, not a measurement.
[[nodiscard]] inline bool wait_until(const std::function<bool()>& condition,
                                     std::chrono::seconds patience = std::chrono::seconds(60)) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace capstan::test
