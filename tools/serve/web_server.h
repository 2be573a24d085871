// WebServer: passes requests over HTTP or HTTPS, using libmicrohttpd, to endpoints and pages.
// *Start here* for serving.
//
//   connection -> one thread of libmicrohttpd: head, access (gate.h), limits
//              -> WorkerPool: the endpoint makes its Answer
//              -> the same thread again sends it, as fast as the client reads
//
// A waiting connection is suspended and costs only its memory, which is bounded: 64 KiB in
// libmicrohttpd; 1 MiB for an answer that is streamed, about 10 MiB for a page of packets.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"
#include "tools/serve/access_log.h"
#include "tools/serve/gate.h"
#include "tools/serve/serve_metrics.h"
#include "tools/serve/tls_files.h"
#include "tools/serve/worker_pool.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace capstan::serve {

struct WebOptions {
  std::optional<TlsFiles> tls;
  unsigned workers = 8;
  unsigned connections = 512;
  unsigned connections_an_address = 256;
  unsigned idle_seconds = 15;     // without a byte in either direction
  unsigned request_seconds = 30;  // until a request is complete
  unsigned drain_seconds = 60;    // for the rest of an answer whose time limit was reached
};

// The state of one request; used by libmicrohttpd's thread only, except what WebServer::mutex_
// protects.
struct Request;
struct Connection;

class WebServer {
 public:
  // Takes over the listening socket, if there is one, and starts its threads, which inherit the
  // caller's privileges. All other arguments are borrowed. Throws std::runtime_error.
  WebServer(UniqueFd listening, WebOptions options, Desk& desk, ClientLimits& limits,
            ServeMetrics& metrics, AccessLog& log);
  // Ends all running requests and waits for them.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // Any thread. Takes over a connection that did not come by the listening socket; its client
  // counts as one at `client`. False: there are too many, and it is closed.
  bool adopt(UniqueFd socket, const TcpAddress& client);

  // To be called about once a second: ends queries that reached the time limit or whose client has
  // gone, declines those that are then still waiting for a worker, and closes connections that send
  // no request.
  void sweep();

 private:
  friend struct Callbacks;

  bool abandon_all();
  void begin_connection(MHD_Connection* handle, void** context);
  void end_connection(void** context);
  Request* begin_request(const char* target, MHD_Connection* handle);
  bool serve(Request& request, MHD_Connection* handle, const char* method);
  bool greet(Request& request, MHD_Connection* handle, const char* method);
  bool dispatch(Request& request, MHD_Connection* handle);
  bool send(Request& request, MHD_Connection* handle);
  bool refuse(Request& request, MHD_Connection* handle, const Verdict& verdict);
  void end_request(Request* request, bool whole);
  void work(const Endpoint& endpoint, const Inquiry& inquiry, Answer& answer) noexcept;

  const WebOptions options_;
  Desk& desk_;
  ClientLimits& limits_;
  ServeMetrics& metrics_;
  AccessLog& log_;
  Gate gate_;
  UniqueFd listening_;
  std::mutex mutex_;  // protects connections_ and what they point to
  std::set<Connection*> connections_;
  bool ending_ = false;
  WorkerPool workers_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace capstan::serve
