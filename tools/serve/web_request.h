// Connections and requests of WebServer; only for its two source files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/core/clock.h"
#include "tools/serve/gate.h"

namespace capstan::serve {

struct Request;

struct Connection {
  int socket = -1;
  std::uint64_t waits_since_s = 0;  // waiting for a request
  Request* request = nullptr;
};

struct Request {
  std::string target;
  std::string address;
  std::string method;
  std::uint64_t began_ns = 0;
  std::uint64_t began_s = 0;
  Connection* connection = nullptr;
  bool greeted = false;
  bool counted = false;  // ClientLimits::begin() allowed it
  bool said_late = false;
  std::string client;
  Verdict verdict;
  std::shared_ptr<Answer> answer;
  unsigned status = 0;
  std::uint64_t bytes = 0;  // of a body that is not an Answer
};

// Header of an answer with status 503.
inline const std::pair<std::string, std::string> kRetryLater{"Retry-After", "5"};

inline std::uint64_t seconds_now() noexcept { return monotonic_clock_ns() / kNanosecondsPerSecond; }

}  // namespace capstan::serve
