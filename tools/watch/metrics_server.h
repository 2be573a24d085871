// MetricsServer: answers GET /metrics over HTTP, using libmicrohttpd, in the caller's event loop.
//
// It has no thread of its own and creates no socket after its construction, so it keeps
// working when the recorder has dropped its privileges. Slow or many clients cannot block the loop:
// everything is non-blocking, with at most 16 connections of 10 s each.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/core/unique_fd.h"

struct MHD_Daemon;

namespace capstan::tools {

// One thread.
class MetricsServer {
 public:
  // Takes over `listening`. `text` returns the answer to /metrics. Throws std::runtime_error.
  MetricsServer(UniqueFd listening, std::function<std::string()> text);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // Readable when serve() has something to do. serve() must also be called now and then to close
  // idle connections.
  int descriptor() const noexcept { return descriptor_; }
  void serve() noexcept;

 private:
  std::function<std::string()> text_;
  UniqueFd listening_;
  MHD_Daemon* daemon_ = nullptr;
  int descriptor_ = -1;
};

}  // namespace capstan::tools
