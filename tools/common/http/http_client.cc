#include "tools/common/http/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <new>
#include <stdexcept>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/http/http_failure.h"
#include "tools/common/http/http_transfer.h"
#include "tools/common/small_file.h"

namespace capstan::tools {

namespace {

// How long a transfer may not look at the stop flag.
constexpr int kTickMs = 100;
// Where a header would smuggle in another one.
constexpr std::string_view kNoHeader{"\r\n\0", 3};
// A peer whose machine has gone is noticed by the kernel, however long an answer may take.
constexpr long kKeepAliveIdleSeconds = 10;
constexpr long kKeepAliveEverySeconds = 5;

void check_curl(CURLcode code, const char* what) {
  if (code != CURLE_OK) {
    throw std::runtime_error(fmt::format("libcurl: {}: {}", what, ::curl_easy_strerror(code)));
  }
}

void start_curl_once() {
  static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  check_curl(started, "start");
}

void check_readable(const char* what, const std::string& path) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  throw UsageError(fmt::format("{} {}: {}", what, path, errno_text(errno)));
}

void append(CurlList& list, const std::string& line) {
  curl_slist* const longer = ::curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());  // `longer` begins with it
  list.reset(longer);
}

}  // namespace

// The handles. Their lifetime is this object's.
class HttpClient::Curl {
 public:
  Curl() : easy(::curl_easy_init()), multi(::curl_multi_init()) {
    if (easy == nullptr || multi == nullptr) throw std::bad_alloc();
  }
  ~Curl() {
    ::curl_easy_cleanup(easy);
    ::curl_multi_cleanup(multi);
  }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    check_curl(::curl_easy_setopt(easy, option, value), "set an option");
  }

  CURL* easy;
  CURLM* multi;
};

void keep_in_memory(HttpTls& tls) {
  const auto read = [](const char* what, const std::string& file, std::string& text) {
    if (file.empty()) return;
    text = read_small_file(what, file);
    if (text.empty()) throw UsageError(fmt::format("{} {}: it is empty", what, file));
  };
  read("certificate authority", tls.ca_file, tls.ca_text);
  read("certificate", tls.certificate, tls.certificate_text);
  read("key", tls.key, tls.key_text);
}

HttpClient::HttpClient(HttpOptions options) : options_(std::move(options)) {
  start_curl_once();
  const HttpTls& tls = options_.tls;
  if (tls.ca_text.empty()) check_readable("certificate authority", tls.ca_file);
  if (tls.certificate_text.empty()) check_readable("certificate", tls.certificate);
  if (tls.key_text.empty()) check_readable("key", tls.key);
  if (tls.certificate.empty() != tls.key.empty()) {
    throw UsageError("a certificate for TLS and its key go together");
  }
  curl_ = std::make_unique<Curl>();
}

HttpClient::~HttpClient() = default;

void HttpClient::wake() noexcept { ::curl_multi_wakeup(curl_->multi); }

void HttpClient::end() noexcept {
  ended_.store(true, std::memory_order_relaxed);
  wake();
}

void HttpClient::prepare(const HttpRequest& request, Transfer& transfer) {
  Curl& curl = *curl_;
  ::curl_easy_reset(curl.easy);  // connections stay
  curl.set(CURLOPT_ERRORBUFFER, transfer.curl_error);
  curl.set(CURLOPT_URL, request.url.c_str());
  curl.set(CURLOPT_PROTOCOLS_STR, "http,https");
  curl.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl.set(CURLOPT_PROXY, "");  // whatever the environment says
  curl.set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl.set(CURLOPT_NOSIGNAL, 1L);
  curl.set(CURLOPT_QUICK_EXIT, 1L);  // an unanswered name does not hold up a stop
  curl.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_limit_ms));
  curl.set(CURLOPT_TCP_KEEPALIVE, 1L);
  curl.set(CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  curl.set(CURLOPT_TCP_KEEPINTVL, kKeepAliveEverySeconds);
  curl.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const HttpTls& tls = options_.tls;
  // A file, or what was in it; libcurl only reads the text, which options_ keeps.
  const auto set_pem = [&curl](CURLoption file_option, const std::string& file,
                               CURLoption text_option, const std::string& text) {
    if (text.empty()) {
      curl.set(file_option, file.c_str());
      return;
    }
    curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
    curl.set(text_option, &blob);
  };
  if (!tls.ca_file.empty()) {
    set_pem(CURLOPT_CAINFO, tls.ca_file, CURLOPT_CAINFO_BLOB, tls.ca_text);
    curl.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!tls.certificate.empty()) {
    set_pem(CURLOPT_SSLCERT, tls.certificate, CURLOPT_SSLCERT_BLOB, tls.certificate_text);
    set_pem(CURLOPT_SSLKEY, tls.key, CURLOPT_SSLKEY_BLOB, tls.key_text);
    curl.set(CURLOPT_KEYPASSWD, "");  // nobody is asked for one
  }
  curl.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl.set(CURLOPT_POSTFIELDS,
             request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
    append(transfer.lines, "Expect:");  // no round trip before a large body
  } else if (request.method == "HEAD") {
    curl.set(CURLOPT_NOBODY, 1L);
  }
  if (!request.user.empty()) {
    curl.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl.set(CURLOPT_USERNAME, request.user.c_str());
    curl.set(CURLOPT_PASSWORD, request.password.c_str());
  }
  if (!request.token.empty()) append(transfer.lines, "Authorization: Bearer " + request.token);
  for (const auto& [name, value] : request.headers) {
    append(transfer.lines, fmt::format("{}: {}", name, value));
  }
  if (transfer.lines) curl.set(CURLOPT_HTTPHEADER, transfer.lines.get());
  if (options_.connect) {
    // No name is looked up; the address is not used. It keeps such connections apart from others.
    append(transfer.place, "::127.0.0.1:443");
    curl.set(CURLOPT_CONNECT_TO, transfer.place.get());
    curl.set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_callback);
    curl.set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
    curl.set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::tls_callback);
    curl.set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(&transfer));
  }
  transfer.header_context = {curl.easy, &transfer};
  curl.set(CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
  curl.set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer.header_context));
  curl.set(CURLOPT_WRITEFUNCTION, &Transfer::body_callback);
  curl.set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
}

// Until the transfer is over; sets transfer.response.failure and .error.
void HttpClient::run(Transfer& transfer) {
  Curl& curl = *curl_;
  HttpResponse& response = transfer.response;
  int running = 1;
  while (running != 0) {
    if (transfer.stopped()) {
      response.failure = HttpFailure::kStopped;
      return;
    }
    CURLMcode code = ::curl_multi_perform(curl.multi, &running);
    if (code == CURLM_OK && running != 0) {
      code = ::curl_multi_poll(curl.multi, nullptr, 0, kTickMs, nullptr);
    }
    if (code != CURLM_OK) {
      throw std::runtime_error(fmt::format("libcurl: {}", ::curl_multi_strerror(code)));
    }
    curl_off_t sent = 0;
    ::curl_easy_getinfo(curl.easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    const std::uint64_t now_ns = monotonic_clock_ns();
    if (sent != transfer.sent) transfer.moved_ns = now_ns;
    transfer.sent = sent;
    if (now_ns - transfer.moved_ns > options_.silence_limit_ms * kNanosecondsPerMillisecond) {
      response.failure = HttpFailure::kSilent;
      return;
    }
    if (transfer.tls_end_ns == 0 || now_ns < transfer.tls_end_ns) continue;
    curl_off_t has_tls_us = 0;
    ::curl_easy_getinfo(curl.easy, CURLINFO_APPCONNECT_TIME_T, &has_tls_us);
    if (running != 0 && has_tls_us == 0) {
      response.failure = HttpFailure::kUnreachable;
      response.error = tls_limit_text(transfer.tls_limit_ns);
      return;
    }
  }
  int left = 0;
  while (const CURLMsg* const message = ::curl_multi_info_read(curl.multi, &left)) {
    if (message->msg != CURLMSG_DONE || response.failure != HttpFailure::kNone) continue;
    long verified = 0;
    ::curl_easy_getinfo(curl.easy, CURLINFO_SSL_VERIFYRESULT, &verified);
    long error_number = 0;
    ::curl_easy_getinfo(curl.easy, CURLINFO_OS_ERRNO, &error_number);
    const CurlEnd end{message->data.result, verified, static_cast<int>(error_number),
                      response.status != 0, transfer.curl_error};
    response.failure = failure_of(end);
    response.error = failure_text(end, options_);
    if (!transfer.no_connection.empty()) {
      response.failure = transfer.stopped() ? HttpFailure::kStopped : HttpFailure::kNoSuchHost;
      response.error = transfer.no_connection;
    }
    // To libcurl a head that is cut is an answer without a body.
    if (response.failure == HttpFailure::kNone && !transfer.head_ended) {
      response.failure = HttpFailure::kBroken;
    }
  }
}

HttpResponse HttpClient::send(const HttpRequest& request, const HttpTake& take) {
  const std::string server = check_http_url(request.url);
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || name.find_first_of(": ") != name.npos ||
        (name + value).find_first_of(kNoHeader) != std::string::npos) {
      throw UsageError(fmt::format("{}: a header with a line end in it is none", server));
    }
  }
  if (request.token.find_first_of(kNoHeader) != std::string::npos) {
    throw UsageError(fmt::format("{}: a token with a line end in it is none", server));
  }
  Transfer transfer{options_, take, {}, {}, {}};
  transfer.stopped = [this] {
    return ended_.load(std::memory_order_relaxed) ||
           (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed));
  };
  prepare(request, transfer);
  if (const CURLMcode code = ::curl_multi_add_handle(curl_->multi, curl_->easy); code != CURLM_OK) {
    throw std::runtime_error(fmt::format("libcurl: {}", ::curl_multi_strerror(code)));
  }
  try {
    run(transfer);
  } catch (...) {
    ::curl_multi_remove_handle(curl_->multi, curl_->easy);
    throw;
  }
  ::curl_multi_remove_handle(curl_->multi, curl_->easy);
  ::curl_easy_reset(curl_->easy);  // nothing borrowed is kept
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  HttpResponse response = std::move(transfer.response);
  if (response.failure != HttpFailure::kNone) {
    if (response.error.empty()) response.error = limit_text(response.failure, options_);
    // Where somebody else connects, the address' port is nobody's.
    const std::string name = options_.connect ? server.substr(0, server.rfind(':')) : server;
    response.error = name + ": " + response.error;
  }
  return response;
}

}  // namespace capstan::tools
