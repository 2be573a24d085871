#include "tools/watch/metrics_server.h"

#include <microhttpd.h>

#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tools/common/hide_parameters.h"
#include "tools/watch/exposition.h"

namespace capstan::tools {

namespace {

constexpr unsigned kConnections = 16;
constexpr unsigned kTimeoutSeconds = 10;

MHD_Result answer(MHD_Connection* connection, unsigned status, const std::string& body,
                  const char* type) {
  MHD_Response* const response = ::MHD_create_response_from_buffer(
      body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  ::MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  const MHD_Result result = ::MHD_queue_response(connection, status, response);
  ::MHD_destroy_response(response);
  return result;
}

MHD_Result on_request(void* context, MHD_Connection* connection, const char* url,
                      const char* method, const char* /*version*/, const char* /*upload*/,
                      std::size_t* upload_bytes, void** state) {
  // The first call announces the request, the last one has all of it; what comes between is a body.
  if (*state == nullptr) {
    *state = context;
    return MHD_YES;
  }
  if (*upload_bytes != 0) {
    *upload_bytes = 0;
    return MHD_YES;
  }
  try {
    const std::string_view verb = method;
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
      return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n", "text/plain");
    }
    if (std::string_view(url) != "/metrics") {
      return answer(connection, MHD_HTTP_NOT_FOUND, "see /metrics\n", "text/plain");
    }
    const auto& text = *static_cast<const std::function<std::string()>*>(context);
    return answer(connection, MHD_HTTP_OK, text(), kExpositionType);
  } catch (const std::exception&) {  // out of memory: this answer only
    return MHD_NO;
  }
}

// Nobody reads them.
void* on_target(void* /*context*/, const char* target, MHD_Connection* /*connection*/) {
  hide_parameters(target);
  return nullptr;
}

}  // namespace

MetricsServer::MetricsServer(UniqueFd listening, std::function<std::string()> text)
    : text_(std::move(text)), listening_(std::move(listening)) {
  daemon_ =
      ::MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, &on_request, &text_,
                         MHD_OPTION_LISTEN_SOCKET, listening_.get(), MHD_OPTION_URI_LOG_CALLBACK,
                         &on_target, nullptr, MHD_OPTION_CONNECTION_LIMIT, kConnections,
                         MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutSeconds, MHD_OPTION_END);
  const MHD_DaemonInfo* const info =
      daemon_ == nullptr ? nullptr : ::MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
  if (info == nullptr) throw std::runtime_error("start the HTTP server for --metrics: refused");
  descriptor_ = info->epoll_fd;
  static_cast<void>(listening_.release());  // closed by MHD_stop_daemon()
}

MetricsServer::~MetricsServer() { ::MHD_stop_daemon(daemon_); }

void MetricsServer::serve() noexcept { ::MHD_run(daemon_); }

}  // namespace capstan::tools
