// HttpClient: requests over HTTP and HTTPS, with libcurl, for commands that talk to a database or
// to `capstan serve`.
//
// What goes wrong on the way is a value, not an exception: an HttpFailure, and a sentence that
// names the server, what happened and what to do about it. A status such as 404 is no failure.
// Passwords, tokens, and the path and query of an address are never part of a text made here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Files in PEM. Empty: the system's certificate authorities; no certificate of our own.
struct HttpTls {
  std::string ca_file;      // who may have issued the server's certificate
  std::string certificate;  // shown to a server that asks for one, with its chain
  std::string key;
  // What is in them, once keep_in_memory() has read them: then no file is opened.
  std::string ca_text{};
  std::string certificate_text{};
  std::string key_text{};
};

// For a process that gives up its rights on files. The system's authorities stay where they are.
// Throws UsageError for a file that cannot be read.
void keep_in_memory(HttpTls& tls);

// Makes the connection in libcurl's place: returns a connected TCP socket, or none and a sentence
// that says why. `tls_limit_ms`: how long TLS may take on it; left alone: as long as
// connect_limit_ms says. Ends early when `stopped` returns true. May block. For https only.
using HttpConnect = std::function<UniqueFd(const std::function<bool()>& stopped, std::string& why,
                                           std::uint64_t& tls_limit_ms)>;

struct HttpOptions {
  HttpTls tls;
  // For the name, the connection and TLS together.
  std::uint64_t connect_limit_ms = 10'000;
  // Longest time without a byte in either direction. Time that the caller spends in its callback
  // does not count.
  std::uint64_t silence_limit_ms = 60'000;
  // Largest body that is kept where no callback takes it.
  std::size_t most_body_bytes = std::size_t{16} << 20;
  // Ends a transfer when true; borrowed. Seen within a tenth of a second, or at once after wake().
  const std::atomic<bool>* stop = nullptr;
  // Empty: libcurl looks the host's name up and connects. The name of the address is what the
  // server's certificate is compared with, in both cases.
  HttpConnect connect{};
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // "https://HOST[:PORT]/PATH?QUERY", no user or password in it
  HttpHeaders headers;
  std::span<const std::uint8_t> body;  // borrowed
  std::string user;                    // with `password`: basic authentication; empty: none
  std::string password;
  std::string token;  // bearer token; empty: none
};

enum class HttpFailure : std::uint8_t {
  kNone,
  kStopped,      // the stop flag
  kNotWanted,    // the callback returned false
  kNoSuchHost,   // the name is not known; HttpOptions::connect has no connection to it
  kUnreachable,  // refused, no route, or not connected within connect_limit_ms
  kCertificate,  // the server's certificate is expired, of another name, of another authority
  kTls,          // anything else about TLS: no HTTPS there, or our certificate is not accepted
  kSilent,       // nothing came for silence_limit_ms
  kBroken,       // the connection ended in the middle of an answer
  kNotHttp,      // what answers is no HTTP server
  kTooLarge,     // a body beyond most_body_bytes
};

struct HttpResponse {
  HttpFailure failure = HttpFailure::kNone;
  // "HOST:PORT: what happened: what to do", with HttpOptions::connect without a port; empty without
  // a failure.
  std::string error;
  int status = 0;  // 0: no answer began
  HttpHeaders headers;
  HttpHeaders trailers;          // fields behind a chunked body (RFC 9112 section 7.1.2)
  std::string body;              // what no callback took
  std::uint64_t head_at_ns = 0;  // wall clock when the answer began; 0: it did not

  bool good() const noexcept {
    return failure == HttpFailure::kNone && status >= 200 && status < 300;
  }
  // The first field of this name, whatever its case; null: there is none.
  static const std::string* find(const HttpHeaders& fields, std::string_view name) noexcept;
  const std::string* header(std::string_view name) const noexcept { return find(headers, name); }
  const std::string* trailer(std::string_view name) const noexcept { return find(trailers, name); }
};

// Takes a piece of the body of an answer with a status of 200 to 299, whose status and headers are
// in `head`. Returns false to end the transfer. May block.
using HttpTake = std::function<bool(const HttpResponse& head, std::span<const std::uint8_t>)>;

// Throws UsageError unless `url` is http or https with a host, and without a user, a password or a
// fragment. Returns "HOST:PORT" for messages.
std::string check_http_url(const std::string& url);

// One thread, except wake() and end(). Keeps its connection for the next request to the same
// server. No redirect is followed, no proxy, cookie or .netrc is used, HTTP/1.1 is spoken.
class HttpClient {
 public:
  // Throws UsageError for a file of TLS that cannot be read, and for a certificate without its key.
  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends the request and receives its answer. Without `take`, and for other statuses, the body is
  // in the response. Throws UsageError for an address or a header that is none; passes on what
  // `take` throws.
  HttpResponse send(const HttpRequest& request, const HttpTake& take = {});

  // Any thread: makes a transfer look at the stop flag now.
  void wake() noexcept;
  // Any thread: ends the transfer under way at once, and each later one.
  void end() noexcept;

 private:
  struct Transfer;
  class Curl;
  void prepare(const HttpRequest& request, Transfer& transfer);
  void run(Transfer& transfer);

  HttpOptions options_;
  std::atomic<bool> ended_{false};
  std::unique_ptr<Curl> curl_;
};

// Bytes as part of an address: everything but letters, digits and "-._~" as %XX (RFC 3986 section
// 2.1).
std::string percent_encoded(std::string_view text);

}  // namespace capstan::tools
