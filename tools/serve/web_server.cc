#include "tools/serve/web_server.h"

#include <microhttpd.h>
#include <poll.h>
#include <sys/socket.h>

#include <exception>
#include <stdexcept>

#include "engine/core/clock.h"
#include "tools/common/hide_parameters.h"
#include "tools/serve/web_request.h"

namespace capstan::serve {

namespace {

constexpr std::size_t kConnectionBytes = 64U << 10;
constexpr std::size_t kMostWaiting = 256;
constexpr const char* kTurnDidNotCome =
    "the turn of this query did not come in the time a query may take";
constexpr const char* kPriorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

int socket_of(MHD_Connection* handle) {
  const MHD_ConnectionInfo* const info =
      ::MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == nullptr ? -1 : info->connect_fd;
}

void be_silent(void* /*context*/, const char* /*format*/, va_list /*arguments*/) {}

}  // namespace

// Where libmicrohttpd's C meets the class; nothing is thrown through it.
struct Callbacks {
  static MHD_Result on_request(void* server, MHD_Connection* handle, const char* /*url*/,
                               const char* method, const char* /*version*/, const char* /*upload*/,
                               std::size_t* upload_bytes, void** context) {
    try {
      if (*context == nullptr) return MHD_NO;
      if (*upload_bytes != 0) return MHD_NO;  // a body was refused, and comes all the same
      return static_cast<WebServer*>(server)->serve(*static_cast<Request*>(*context), handle,
                                                    method)
                 ? MHD_YES
                 : MHD_NO;
    } catch (const std::exception&) {  // no memory: this request only
      return MHD_NO;
    }
  }
  static void* on_target(void* server, const char* target, MHD_Connection* handle) {
    try {
      Request* const request = static_cast<WebServer*>(server)->begin_request(target, handle);
      tools::hide_parameters(target);  // request_target.h reads them
      return request;
    } catch (const std::exception&) {
      return nullptr;
    }
  }
  static void on_completed(void* server, MHD_Connection* /*handle*/, void** context,
                           MHD_RequestTerminationCode code) {
    if (*context == nullptr) return;
    static_cast<WebServer*>(server)->end_request(static_cast<Request*>(*context),
                                                 code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    *context = nullptr;
  }
  static void on_connection(void* server, MHD_Connection* handle, void** context,
                            MHD_ConnectionNotificationCode code) {
    try {
      auto* const self = static_cast<WebServer*>(server);
      if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        self->begin_connection(handle, context);
      } else {
        self->end_connection(context);
      }
    } catch (const std::exception&) {
      *context = nullptr;
    }
  }
};

WebServer::WebServer(UniqueFd listening, WebOptions options, Desk& desk, ClientLimits& limits,
                     ServeMetrics& metrics, AccessLog& log)
    : options_(std::move(options)),
      desk_(desk),
      limits_(limits),
      metrics_(metrics),
      log_(log),
      gate_(desk.access, limits, metrics),
      listening_(std::move(listening)),
      workers_(options_.workers, kMostWaiting) {
  // poll(), not epoll: with that a client that stops in the middle of its TLS handshake, behind a
  // single byte, makes libmicrohttpd 0.9.75 loop at full speed until the connection is closed.
  unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  MHD_OptionItem tls[] = {{MHD_OPTION_END, 0, nullptr},
                          {MHD_OPTION_END, 0, nullptr},
                          {MHD_OPTION_END, 0, nullptr},
                          {MHD_OPTION_END, 0, nullptr},
                          {MHD_OPTION_END, 0, nullptr}};
  // The option itself, whatever its value, and the flag exclude each other.
  MHD_OptionItem listen[] = {{MHD_OPTION_END, 0, nullptr}, {MHD_OPTION_END, 0, nullptr}};
  if (listening_) {
    listen[0] = {MHD_OPTION_LISTEN_SOCKET, listening_.get(), nullptr};
  } else {
    flags |= MHD_USE_NO_LISTEN_SOCKET;
  }
  if (options_.tls) {
    flags |= MHD_USE_TLS;
    const auto text = [](const std::string& pem) { return const_cast<char*>(pem.c_str()); };
    tls[0] = {MHD_OPTION_HTTPS_MEM_CERT, 0, text(options_.tls->certificate)};
    tls[1] = {MHD_OPTION_HTTPS_MEM_KEY, 0, text(options_.tls->key)};
    tls[2] = {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kPriorities)};
    if (!options_.tls->client_ca.empty()) {
      tls[3] = {MHD_OPTION_HTTPS_MEM_TRUST, 0, text(options_.tls->client_ca)};
    }
  }
  daemon_ = ::MHD_start_daemon(
      flags, 0, nullptr, nullptr, &Callbacks::on_request, this, MHD_OPTION_EXTERNAL_LOGGER,
      &be_silent, nullptr, MHD_OPTION_ARRAY, listen, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kConnectionBytes, MHD_OPTION_CONNECTION_LIMIT, options_.connections,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, options_.connections_an_address,
      MHD_OPTION_CONNECTION_TIMEOUT, options_.idle_seconds, MHD_OPTION_URI_LOG_CALLBACK,
      &Callbacks::on_target, this, MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::on_completed, this,
      MHD_OPTION_NOTIFY_CONNECTION, &Callbacks::on_connection, this, MHD_OPTION_STRICT_FOR_CLIENT,
      1, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
  if (daemon_ == nullptr) throw std::runtime_error("start the web server: refused");
  static_cast<void>(listening_.release());  // closed by MHD_stop_daemon()
}

WebServer::~WebServer() {
  constexpr int kLooks = 500;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  abandon_all();
  workers_.stop();
  // libmicrohttpd must not be stopped while a connection is suspended.
  for (int i = 0; i < kLooks && abandon_all(); ++i) sleep_ns(10 * kNanosecondsPerMillisecond);
  ::MHD_stop_daemon(daemon_);
}

bool WebServer::adopt(UniqueFd socket, const TcpAddress& client) {
  // It closes the socket in any case.
  return ::MHD_add_connection(daemon_, socket.release(), client.get(), client.size) == MHD_YES;
}

// True while there are answers.
bool WebServer::abandon_all() {
  const std::lock_guard lock(mutex_);
  bool any = false;
  for (const Connection* const connection : connections_) {
    if (connection->request == nullptr || !connection->request->answer) continue;
    connection->request->answer->abandon();
    any = true;
  }
  return any;
}

void WebServer::begin_connection(MHD_Connection* handle, void** context) {
  auto connection = std::make_unique<Connection>();
  connection->socket = socket_of(handle);
  connection->waits_since_s = seconds_now();
  const std::lock_guard lock(mutex_);
  connections_.insert(connection.get());
  metrics_.connection_began();
  *context = connection.release();
}

void WebServer::end_connection(void** context) {
  const std::unique_ptr<Connection> connection(static_cast<Connection*>(*context));
  *context = nullptr;
  const std::lock_guard lock(mutex_);
  // Of one that had no memory there is nothing.
  if (connections_.erase(connection.get()) != 0) metrics_.connection_ended();
}

void WebServer::sweep() {
  const std::uint64_t now_s = seconds_now();
  const std::lock_guard lock(mutex_);
  for (Connection* const connection : connections_) {
    Request* const request = connection->request;
    if (request == nullptr) {
      if (now_s - connection->waits_since_s <= options_.request_seconds) continue;
      metrics_.dropped_client();
      ::shutdown(connection->socket, SHUT_RDWR);
      connection->waits_since_s = now_s;
      continue;
    }
    if (!request->answer || request->verdict.endpoint->stream) continue;
    const std::uint64_t age_s = now_s - request->began_s;
    if (age_s > desk_.limits.seconds && !request->said_late) {
      request->said_late = true;
      metrics_.timed_out();
      const bool declined = request->answer->decline(MHD_HTTP_SERVICE_UNAVAILABLE, kJsonType,
                                                     error_json(kTurnDidNotCome), {kRetryLater});
      if (!declined) request->answer->stop(true);
    }
    if (age_s > desk_.limits.seconds + options_.drain_seconds) {
      metrics_.dropped_client();
      ::shutdown(connection->socket, SHUT_RDWR);
    }
    pollfd look{connection->socket, POLLRDHUP, 0};
    if (::poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
      request->answer->stop(false);
    }
  }
}

}  // namespace capstan::serve
