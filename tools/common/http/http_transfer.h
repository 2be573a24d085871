// HttpClient::Transfer: what libcurl hands over while a request is under way.
#pragma once

#include <curl/curl.h>

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

  // A descriptor for libcurl, which closes it.
  int open_socket() noexcept {
    try {
      UniqueFd socket = options.connect(stopped, no_connection);
      moved_ns = monotonic_clock_ns();
      if (!socket && no_connection.empty()) no_connection = "no connection";
      return socket ? socket.release() : CURL_SOCKET_BAD;
    } catch (...) {
      thrown = std::current_exception();
      return CURL_SOCKET_BAD;
    }
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
  static int is_connected_callback(void* /*self*/, curl_socket_t /*socket*/,
                                   curlsocktype /*purpose*/) {
    return CURL_SOCKOPT_ALREADY_CONNECTED;
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
  CurlList place{};
};

}  // namespace capstan::tools
