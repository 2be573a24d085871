// What WebServer does with one request, from its first line to the line in the log.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <strings.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "engine/core/errors.h"
#include "tools/serve/responses.h"
#include "tools/serve/web_request.h"
#include "tools/serve/web_server.h"

namespace capstan::serve {

namespace {

std::string address_text_of(MHD_Connection* handle) {
  const MHD_ConnectionInfo* const info =
      ::MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  char text[INET6_ADDRSTRLEN] = "?";
  if (info == nullptr || info->client_addr == nullptr) return text;
  if (info->client_addr->sa_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, info->client_addr, sizeof(address));
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
  } else if (info->client_addr->sa_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, info->client_addr, sizeof(address));
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
  }
  return text;
}

Connection* connection_of(MHD_Connection* handle) {
  const MHD_ConnectionInfo* const info =
      ::MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr : static_cast<Connection*>(info->socket_context);
}

std::string_view header(MHD_Connection* handle, const char* name) {
  const char* const value = ::MHD_lookup_connection_value(handle, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

MHD_Result count_hosts(void* context, MHD_ValueKind /*kind*/, const char* name,
                       const char* /*value*/) {
  if (::strcasecmp(name, "Host") == 0) ++*static_cast<unsigned*>(context);
  return MHD_YES;
}

}  // namespace

Request* WebServer::begin_request(const char* target, MHD_Connection* handle) {
  auto request = std::make_unique<Request>();
  request->target = target;
  request->address = address_text_of(handle);
  request->began_ns = wall_clock_ns();
  request->began_s = seconds_now();
  request->connection = connection_of(handle);
  metrics_.request_began();
  return request.release();
}

void WebServer::end_request(Request* raw, bool whole) {
  const std::unique_ptr<Request> request(raw);
  {
    const std::lock_guard lock(mutex_);
    if (request->connection != nullptr) {
      request->connection->request = nullptr;
      request->connection->waits_since_s = seconds_now();
    }
  }
  std::uint64_t bytes = request->bytes;
  if (request->answer) {
    request->answer->leave();
    bytes += request->answer->bytes_sent();
  }
  if (request->counted) {
    limits_.end(request->client, request->verdict.endpoint->stream, bytes, seconds_now());
  }
  metrics_.request_ended(request->status, bytes);
  AccessLine line;
  line.began_ns = request->began_ns;
  line.duration_ns = wall_clock_ns() - std::min(request->began_ns, wall_clock_ns());
  line.address = request->address;
  line.who = request->verdict.who;
  line.method = request->method;
  line.target = loggable_target(request->target);
  line.fleet = request->verdict.question.fleet.value_or("");
  line.status = request->status;
  line.bytes = bytes;
  line.whole = whole;
  log_.write(line);
}

bool WebServer::refuse(Request& request, MHD_Connection* handle, const Verdict& verdict) {
  const std::string body = error_json(verdict.why);
  request.status = verdict.status;
  request.bytes = body.size();
  return queue_text(handle, verdict.status, kJsonType, body, verdict.headers);
}

bool WebServer::serve(Request& request, MHD_Connection* handle, const char* method) {
  if (!request.greeted) {
    request.greeted = true;
    return greet(request, handle, method);
  }
  if (request.verdict.page != nullptr) {
    const bool queued = queue_page(handle, *request.verdict.page, request.status);
    const bool has_body = request.status == MHD_HTTP_OK && request.method != "HEAD";
    request.bytes = has_body ? request.verdict.page->body.size() : 0;
    return queued;
  }
  return request.answer ? send(request, handle) : dispatch(request, handle);
}

// The head of the request is here.
bool WebServer::greet(Request& request, MHD_Connection* handle, const char* method) {
  request.method = std::string(method).substr(0, 16);
  GateHead head;
  head.method = method;
  head.target = request.target;
  head.access.host = header(handle, "Host");
  head.access.origin = header(handle, "Origin");
  head.access.fetch_site = header(handle, "Sec-Fetch-Site");
  head.access.authorization = header(handle, "Authorization");
  head.fetch_mode = header(handle, "Sec-Fetch-Mode");
  head.fetch_destination = header(handle, "Sec-Fetch-Dest");
  head.hosts = 0;
  ::MHD_get_connection_values(handle, MHD_HEADER_KIND, &count_hosts, &head.hosts);
  const std::string_view length = header(handle, "Content-Length");
  head.has_body =
      (!length.empty() && length != "0") || !header(handle, "Transfer-Encoding").empty();
  head.address = request.address;
  if (options_.tls && !options_.tls->client_ca.empty()) {
    const MHD_ConnectionInfo* const info =
        ::MHD_get_connection_info(handle, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info != nullptr) head.certificate = client_name(info->tls_session);
  }
  request.verdict = gate_.judge(head, request.began_ns, seconds_now());
  if (request.verdict.status != 0) return refuse(request, handle, request.verdict);
  const std::lock_guard lock(mutex_);
  if (request.connection != nullptr) request.connection->request = &request;
  return !ending_;
}

bool WebServer::dispatch(Request& request, MHD_Connection* handle) {
  const Endpoint& endpoint = *request.verdict.endpoint;
  request.client = fmt::format("{} at {}", request.verdict.who, request.address);
  if (const Refusal refusal = limits_.begin(request.client, endpoint.stream, seconds_now());
      !refusal.why.empty()) {
    Verdict verdict;
    verdict.status = MHD_HTTP_TOO_MANY_REQUESTS;
    verdict.why = refusal.why;
    verdict.headers = {{"Retry-After", std::to_string(refusal.retry_after_s)}};
    return refuse(request, handle, verdict);
  }
  request.counted = true;
  auto answer = std::make_shared<Answer>([handle] { ::MHD_resume_connection(handle); });
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return false;  // abandon_all() may have been here for the last time
    request.answer = answer;
  }
  // The worker has its own copy of everything: the request may end before it does.
  auto work_on = [this, &endpoint, answer, who = request.verdict.who,
                  target = request.verdict.target, question = request.verdict.question] {
    work(endpoint, {who, target, question}, *answer);
  };
  if (endpoint.stream) {
    work_on();
  } else if (!workers_.put(std::move(work_on))) {
    answer->whole(MHD_HTTP_SERVICE_UNAVAILABLE, kJsonType,
                  error_json("too many queries wait for their turn"), {kRetryLater});
  }
  return send(request, handle);
}

void WebServer::work(const Endpoint& endpoint, const Inquiry& inquiry, Answer& answer) noexcept {
  try {
    if (!answer.take_up()) return;
    if (answer.stopped().load(std::memory_order_relaxed)) {
      answer.fail();
      return;
    }
    try {
      endpoint.handle(desk_, inquiry, answer);
    } catch (const UsageError& error) {
      answer.whole(MHD_HTTP_BAD_REQUEST, kJsonType, error_json(error.what()));
    } catch (const std::exception& error) {
      answer.whole(MHD_HTTP_INTERNAL_SERVER_ERROR, kJsonType, error_json(error.what()));
    }
  } catch (const std::exception&) {  // no memory even for that
    answer.fail();
  }
}

bool WebServer::send(Request& request, MHD_Connection* handle) {
  const auto pause = [handle] { ::MHD_suspend_connection(handle); };
  Answer::Head head;
  if (!request.answer->wait_head(head, pause)) return true;
  request.status = head.status;
  return queue_answer(handle, head, request.answer, pause);
}

}  // namespace capstan::serve
