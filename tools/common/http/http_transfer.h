// HttpClient::Transfer: what libcurl hands over while a request is under way.
#pragma once

#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "engine/core/clock.h"
#include "tools/common/http/http_client.h"

namespace capstan::tools {

struct CurlListEnd {
  void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListEnd>;

// One request under way. libcurl calls back into it, and lets no exception through.
struct HttpClient::Transfer {
  const HttpOptions& options;
  const HttpTake& take;
  HttpResponse response;
  CurlList lines;
  std::exception_ptr thrown;
  std::uint64_t moved_ns = monotonic_clock_ns();  // when a byte came or went last
  curl_off_t sent = 0;
  char curl_error[CURL_ERROR_SIZE] = {};

  bool on_line(CURL* easy, std::string_view line) {
    moved_ns = monotonic_clock_ns();
    if (line == "\r\n" || line == "\n") {  // the head's end, and that of the trailers
      head_ended = true;
      return true;
    }
    if (line.starts_with("HTTP/")) {  // once more behind a "100 Continue"
      head_ended = false;
      response.headers.clear();
      long status = 0;
      ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      response.status = static_cast<int>(status);
      response.head_at_ns = wall_clock_ns();
      return true;
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return true;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ')
      value.remove_suffix(1);
    HttpHeaders& fields = head_ended ? response.trailers : response.headers;
    fields.emplace_back(line.substr(0, colon), value);
    return true;
  }

  bool on_bytes(std::span<const std::uint8_t> bytes) {
    if (take && response.status >= 200 && response.status < 300) {
      const bool wanted = take(response, bytes);
      moved_ns = monotonic_clock_ns();  // the time in take() is not the server's
      if (!wanted) response.failure = HttpFailure::kNotWanted;
      return wanted;
    }
    moved_ns = monotonic_clock_ns();
    if (response.body.size() + bytes.size() > options.most_body_bytes) {
      response.failure = HttpFailure::kTooLarge;
      return false;
    }
    response.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }

  // A descriptor for libcurl, which closes it. libcurl 7.88 cannot be given a connected socket (it
  // connects it again, and takes EISCONN for a failure): it gets one of UDP, whose connect(2) needs
  // nobody at the other end, and on_tls() puts the connection in its place.
  int open_socket() noexcept {
    try {
      std::uint64_t tls_limit_ms = options.connect_limit_ms;
      connection = options.connect(stopped, no_connection, tls_limit_ms);
      moved_ns = monotonic_clock_ns();
      tls_limit_ns = tls_limit_ms * kNanosecondsPerMillisecond;
      tls_end_ns = moved_ns + tls_limit_ns;
      if (!connection) {
        if (no_connection.empty()) no_connection = "no connection";
        return CURL_SOCKET_BAD;
      }
      UniqueFd place_holder(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      curl_socket = place_holder.get();
      return place_holder ? place_holder.release() : CURL_SOCKET_BAD;
    } catch (...) {
      thrown = std::current_exception();
      return CURL_SOCKET_BAD;
    }
  }

  // libcurl takes its descriptor for connected and has not written to it yet.
  CURLcode on_tls() noexcept {
    if (!connection) return CURLE_OK;
    const int flags = ::fcntl(connection.get(), F_GETFL);
    const int on = 1;
    if (flags < 0 || ::fcntl(connection.get(), F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        ::dup3(connection.get(), curl_socket, O_CLOEXEC) < 0) {
      return CURLE_COULDNT_CONNECT;
    }
    connection = UniqueFd();
    return CURLE_OK;
  }

  template <typename Work>
  std::size_t guarded(std::size_t size, Work work) noexcept {
    try {
      return work() ? size : 0;  // anything but `size` ends the transfer
    } catch (...) {
      thrown = std::current_exception();
      return 0;
    }
  }

  static curl_socket_t open_callback(void* self, curlsocktype /*purpose*/,
                                     curl_sockaddr* /*address*/) {
    return static_cast<Transfer*>(self)->open_socket();
  }
  static CURLcode tls_callback(CURL* /*easy*/, void* /*context*/, void* self) {
    return static_cast<Transfer*>(self)->on_tls();
  }
  static std::size_t header_callback(char* data, std::size_t /*one*/, std::size_t size,
                                     void* self) {
    auto& [easy, transfer] = *static_cast<std::pair<CURL*, Transfer*>*>(self);
    return transfer->guarded(size, [&, one = easy, to = transfer] {
      return to->on_line(one, {data, size});
    });
  }
  static std::size_t body_callback(char* data, std::size_t /*one*/, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    return transfer.guarded(size, [&] {
      return transfer.on_bytes({reinterpret_cast<const std::uint8_t*>(data), size});
    });
  }

  std::pair<CURL*, Transfer*> header_context{};
  bool head_ended = false;
  // With HttpOptions::connect.
  std::function<bool()> stopped{};
  std::string no_connection{};  // why there is none
  UniqueFd connection{};        // until on_tls()
  std::uint64_t tls_limit_ns = 0;
  std::uint64_t tls_end_ns = 0;  // by then TLS is there; 0: a connection is used again
  int curl_socket = -1;          // libcurl's number for it
  CurlList place{};
};

}  // namespace capstan::tools
