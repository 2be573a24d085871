// MetricsServer: answers GET /metrics over HTTP, by libmicrohttpd, in the caller's event loop.
//
// No thread of its own and no socket after its construction, so it goes on working when the
// recorder has given up its privileges. Clients that are slow or many cannot hold the loop up:
// everything is non-blocking, 16 connections at most, 10 s each.
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
  // `listening` is taken over. `text` makes what /metrics answers. Throws std::runtime_error.
  MetricsServer(UniqueFd listening, std::function<std::string()> text);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // Readable when serve() has something to do; it also wants to be called now and then, to end idle
  // connections.
  int descriptor() const noexcept { return descriptor_; }
  void serve() noexcept;

 private:
  std::function<std::string()> text_;
  UniqueFd listening_;
  MHD_Daemon* daemon_ = nullptr;
  int descriptor_ = -1;
};

}  // namespace capstan::tools
