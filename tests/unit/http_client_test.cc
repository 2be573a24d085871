// HttpClient against real servers: libmicrohttpd with and without TLS, and sockets that misbehave.
#include "tools/common/http/http_client.h"

#include <gtest/gtest.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <future>
#include <map>
#include <thread>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "tests/support/certificates.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace capstan::tools {
namespace {

constexpr std::size_t kPieces = 100;
constexpr std::size_t kPieceBytes = 4096;

// What a streamed answer does behind its pieces.
enum class StreamEnd : std::uint8_t { kTrailers, kCut, kSilence };

struct TestStream {
  StreamEnd end;
  std::size_t pieces = 0;
  MHD_Response* response = nullptr;
  std::atomic<bool>* ended = nullptr;
};

ssize_t read_stream(void* context, std::uint64_t /*at*/, char* to, std::size_t most) {
  auto& stream = *static_cast<TestStream*>(context);
  if (stream.pieces != kPieces) {
    ++stream.pieces;
    const std::size_t count = std::min(most, kPieceBytes);
    std::memset(to, 'x', count);
    return static_cast<ssize_t>(count);
  }
  if (stream.end == StreamEnd::kCut) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (stream.end == StreamEnd::kTrailers) {
    ::MHD_add_response_footer(stream.response, "Test-Trailer", "behind it");
    return MHD_CONTENT_READER_END_OF_STREAM;
  }
  while (!stream.ended->load()) sleep_ns(10 * kNanosecondsPerMillisecond);
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

// One thread a connection, so that an answer may take as long as it likes.
class TestServer {
 public:
  explicit TestServer(const test::CertificateFiles& tls = {}, const std::string& client_ca = {})
      : certificate_(tls.certificate.empty() ? "" : test::read_text(tls.certificate)),
        key_(tls.key.empty() ? "" : test::read_text(tls.key)),
        authority_(client_ca.empty() ? "" : test::read_text(client_ca)) {
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION;
    MHD_OptionItem items[4] = {};
    std::size_t count = 0;
    const auto add = [&](MHD_OPTION option, std::string& text) {
      items[count++] = {option, 0, text.data()};
    };
    if (!certificate_.empty()) {
      flags |= MHD_USE_TLS;
      add(MHD_OPTION_HTTPS_MEM_CERT, certificate_);
      add(MHD_OPTION_HTTPS_MEM_KEY, key_);
      if (!authority_.empty()) add(MHD_OPTION_HTTPS_MEM_TRUST, authority_);
    }
    items[count] = {MHD_OPTION_END, 0, nullptr};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    daemon_ =
        ::MHD_start_daemon(flags, 0, nullptr, nullptr, &on_request, this, MHD_OPTION_SOCK_ADDR,
                           &address, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (daemon_ == nullptr) throw std::runtime_error("no server");
    const MHD_DaemonInfo* const info = ::MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    port_ = info->port;
  }
  ~TestServer() {
    ended_ = true;
    ::MHD_stop_daemon(daemon_);
  }

  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return (certificate_.empty() ? "http://" : "https://") + host + ":" + std::to_string(port_) +
           path;
  }
  std::uint16_t port() const noexcept { return port_; }

 private:
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                               const char* method, const char* /*version*/, const char* upload,
                               std::size_t* upload_bytes, void** context) {
    auto& server = *static_cast<TestServer*>(self);
    if (*context == nullptr) {
      *context = new std::string;
      return MHD_YES;
    }
    auto* const body = static_cast<std::string*>(*context);
    if (*upload_bytes != 0) {
      body->append(upload, *upload_bytes);
      *upload_bytes = 0;
      return MHD_YES;
    }
    const std::string said = *body;
    delete body;
    *context = nullptr;
    return server.answer(connection, url, method, said);
  }

  static std::string field(MHD_Connection* connection, const char* name) {
    const char* const value = ::MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == nullptr ? "none" : value;
  }

  MHD_Result answer(MHD_Connection* connection, const std::string& path, const std::string& method,
                    const std::string& body) {
    const std::map<std::string, StreamEnd> streams = {{"/trailers", StreamEnd::kTrailers},
                                                      {"/cut", StreamEnd::kCut},
                                                      {"/silence", StreamEnd::kSilence}};
    MHD_Response* response = nullptr;
    unsigned status = path == "/away" ? 302 : path == "/missing" ? 404 : 200;
    if (const auto found = streams.find(path); found != streams.end()) {
      auto* const stream = new TestStream{found->second, 0, nullptr, &ended_};
      response = ::MHD_create_response_from_callback(
          MHD_SIZE_UNKNOWN, kPieceBytes, &read_stream, stream,
          [](void* one) { delete static_cast<TestStream*>(one); });
      stream->response = response;
    } else {
      const std::string text = method + " " + path + " " + field(connection, "Authorization") +
                               " " + field(connection, "X-Test") + " " + body;
      response = ::MHD_create_response_from_buffer(text.size(), const_cast<char*>(text.data()),
                                                   MHD_RESPMEM_MUST_COPY);
    }
    if (path == "/away") ::MHD_add_response_header(response, "Location", url("/hello").c_str());
    const MHD_Result queued = ::MHD_queue_response(connection, status, response);
    ::MHD_destroy_response(response);
    return queued;
  }

  std::string certificate_;
  std::string key_;
  std::string authority_;
  MHD_Daemon* daemon_ = nullptr;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_{false};
};

// Accepts one connection, reads a little, says these bytes and closes.
class RawServer {
 public:
  explicit RawServer(std::string says) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(fd_.get(), 1) != 0 ||
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no socket");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, text = std::move(says)] {
      const UniqueFd one(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char buffer[4096];
      if (::recv(one.get(), buffer, sizeof(buffer), 0) < 0) return;
      if (::send(one.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
      ::shutdown(one.get(), SHUT_WR);
      while (::recv(one.get(), buffer, sizeof(buffer), 0) > 0) {
      }
    });
  }
  ~RawServer() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url(const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + "/secret-path?q=secret";
  }

 private:
  UniqueFd fd_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

TEST(HttpClient, AsksAndIsAnswered) {
  const TestServer server;
  HttpClient client({});
  const HttpResponse hello = client.send(get(server.url("/hello")));
  EXPECT_TRUE(hello.good()) << hello.error;
  EXPECT_EQ(hello.body, "GET /hello none none ");
  ASSERT_NE(hello.header("DATE"), nullptr);
  EXPECT_NE(hello.head_at_ns, 0U);
  EXPECT_TRUE(hello.trailers.empty());

  const std::string body(300'000, 'b');
  HttpRequest post = get(server.url("/echo"));
  post.method = "POST";
  post.body = {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
  post.headers = {{"X-Test", "a value"}};
  post.user = "who";
  post.password = "pass:word";
  const HttpResponse echo = client.send(post);
  EXPECT_EQ(echo.body, "POST /echo Basic d2hvOnBhc3M6d29yZA== a value " + body);

  // Nothing of the request before is in the next one.
  HttpRequest token = get(server.url("/hello"));
  token.token = "t0ken";
  EXPECT_EQ(client.send(token).body, "GET /hello Bearer t0ken none ");
  post.body = {};
  EXPECT_EQ(client.send(post).body, "POST /echo Basic d2hvOnBhc3M6d29yZA== a value ");
}

TEST(HttpClient, StreamsWithTrailers) {
  const TestServer server;
  HttpClient client({});
  std::size_t bytes = 0;
  const HttpResponse answer =
      client.send(get(server.url("/trailers")), [&](const HttpResponse& head, const auto& piece) {
        EXPECT_EQ(head.status, 200);
        bytes += piece.size();
        return true;
      });
  EXPECT_TRUE(answer.good()) << answer.error;
  EXPECT_EQ(bytes, kPieces * kPieceBytes);
  ASSERT_NE(answer.trailer("test-trailer"), nullptr);
  EXPECT_EQ(*answer.trailer("test-trailer"), "behind it");
  EXPECT_EQ(answer.header("test-trailer"), nullptr);
}

TEST(HttpClient, StatusesAreNoFailuresAndRedirectsAreNotFollowed) {
  const TestServer server;
  HttpClient client({});
  bool taken = false;
  const HttpTake take = [&](const HttpResponse&, const auto&) { return taken = true; };
  const HttpResponse missing = client.send(get(server.url("/missing")), take);
  EXPECT_EQ(missing.failure, HttpFailure::kNone);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, "GET /missing none none ");
  EXPECT_EQ(client.send(get(server.url("/away")), take).status, 302);
  EXPECT_FALSE(taken);
}

TEST(HttpClient, WhatEndsInTheMiddleIsSaid) {
  const TestServer server;
  HttpClient client({});
  std::size_t bytes = 0;
  const HttpTake count = [&](const HttpResponse&, const auto& piece) {
    bytes += piece.size();
    return true;
  };
  const HttpResponse cut = client.send(get(server.url("/cut")), count);
  EXPECT_EQ(cut.failure, HttpFailure::kBroken);
  EXPECT_NE(cut.error.find("in the middle"), std::string::npos) << cut.error;
  EXPECT_EQ(bytes, kPieces * kPieceBytes);

  const HttpResponse ended = client.send(get(server.url("/trailers")),
                                         [](const HttpResponse&, const auto&) { return false; });
  EXPECT_EQ(ended.failure, HttpFailure::kNotWanted);
  EXPECT_THROW(client.send(get(server.url("/trailers")),
                           [](const HttpResponse&, const auto&) -> bool {
                             throw std::runtime_error("mine");
                           }),
               std::runtime_error);
  EXPECT_TRUE(client.send(get(server.url("/hello"))).good());  // usable all the same

  HttpOptions small;
  small.most_body_bytes = 1000;
  const HttpResponse large = HttpClient(small).send(get(server.url("/trailers")));
  EXPECT_EQ(large.failure, HttpFailure::kTooLarge);
}

TEST(HttpClient, SilenceAndTheStopFlagEndATransfer) {
  const TestServer server;
  HttpOptions options;
  options.silence_limit_ms = 200;
  const HttpResponse silent = HttpClient(options).send(get(server.url("/silence")));
  EXPECT_EQ(silent.failure, HttpFailure::kSilent);
  EXPECT_NE(silent.error.find("nothing came for"), std::string::npos) << silent.error;

  // The time that a callback takes is not the server's silence.
  std::size_t pieces = 0;
  const HttpResponse slow =
      HttpClient(options).send(get(server.url("/trailers")), [&](const HttpResponse&, const auto&) {
        if (pieces++ == 0) sleep_ns(600 * kNanosecondsPerMillisecond);
        return true;
      });
  EXPECT_TRUE(slow.good()) << slow.error;

  std::atomic<bool> stop{false};
  HttpOptions patient;
  patient.stop = &stop;
  HttpClient client(patient);
  std::atomic<bool> begun{false};
  auto transfer = std::async(std::launch::async, [&] {
    return client.send(get(server.url("/silence")), [&](const HttpResponse&, const auto&) {
      begun = true;
      return true;
    });
  });
  EXPECT_TRUE(test::wait_until([&] { return begun.load(); }));
  stop = true;
  client.wake();
  EXPECT_EQ(transfer.get().failure, HttpFailure::kStopped);
}

TEST(HttpClient, WhoDoesNotAnswerIsNamed) {
  HttpClient client({});
  const HttpResponse unknown = client.send(get("http://name.invalid:8123/"));
  EXPECT_EQ(unknown.failure, HttpFailure::kNoSuchHost);
  EXPECT_EQ(unknown.error.find("name.invalid:8123: no such name"), 0U) << unknown.error;

  std::string closed;
  {
    const TestServer gone;
    closed = gone.url("/");
  }
  const HttpResponse refused = client.send(get(closed));
  EXPECT_EQ(refused.failure, HttpFailure::kUnreachable);
  EXPECT_NE(refused.error.find("Connection refused"), std::string::npos) << refused.error;
}

TEST(HttpClient, WhatIsNoHttpIsNamedAndShowsNoAddress) {
  for (const std::string says :
       {"SSH-2.0-OpenSSH_9.2p1\r\n", "\0\1\2\3", "", "HTTP/1.1 200 OK\r\n"}) {
    const RawServer server(says);
    const HttpResponse answer = HttpClient({}).send(get(server.url()));
    EXPECT_TRUE(answer.failure == HttpFailure::kNotHttp || answer.failure == HttpFailure::kBroken)
        << says << ": " << static_cast<int>(answer.failure) << answer.error;
    EXPECT_EQ(answer.error.find("secret"), std::string::npos) << answer.error;
  }
  const RawServer plain("HTTP/1.1 400 Bad Request\r\n\r\n");
  const HttpResponse tls = HttpClient({}).send(get(plain.url("https")));
  EXPECT_EQ(tls.failure, HttpFailure::kTls);
  EXPECT_NE(tls.error.find("does not speak TLS"), std::string::npos) << tls.error;
}

TEST(HttpClient, CertificatesAreJudged) {
  const test::TempDir folder;
  test::CertificateAuthority authority(folder.path(), "tests");
  const test::CertificateFiles good = authority.issue("good", "DNS:localhost,IP:127.0.0.1");
  const test::CertificateFiles old = authority.issue("old", "IP:127.0.0.1", -7200, -3600);
  const test::CertificateFiles early = authority.issue("early", "IP:127.0.0.1", 3600, 7200);
  const test::CertificateFiles other = authority.issue("other", "DNS:other.example");
  HttpOptions options;
  options.tls.ca_file = authority.path();
  const auto ask = [&](const test::CertificateFiles& files) {
    const TestServer server(files);
    return HttpClient(options).send(get(server.url("/hello")));
  };
  const auto expect_refused = [](const HttpResponse& answer, const char* why) {
    EXPECT_EQ(answer.failure, HttpFailure::kCertificate);
    EXPECT_NE(answer.error.find(why), std::string::npos) << answer.error;
    EXPECT_EQ(answer.status, 0);
  };
  EXPECT_TRUE(ask(good).good());
  expect_refused(ask(old), "has expired");
  expect_refused(ask(early), "not valid yet");
  expect_refused(ask(other), "for another name");
  const TestServer server(good);
  expect_refused(HttpClient({}).send(get(server.url("/hello"))), "no certificate authority known");
  EXPECT_TRUE(HttpClient(options).send(get(server.url("/hello", "localhost"))).good());
}

TEST(HttpClient, ShowsItsOwnCertificate) {
  const test::TempDir folder;
  test::CertificateAuthority authority(folder.path(), "tests");
  const test::CertificateFiles own = authority.issue("server", "IP:127.0.0.1");
  const test::CertificateFiles client = authority.issue("client", "");
  const TestServer server(own, authority.path());
  HttpOptions options;
  options.tls = {authority.path(), client.certificate, client.key};
  EXPECT_TRUE(HttpClient(options).send(get(server.url("/hello"))).good());

  const auto refuses = [&](const HttpTls& tls, const char* why) {
    options.tls = tls;
    try {
      const HttpResponse answer = HttpClient(options).send(get(server.url("/hello")));
      EXPECT_NE(answer.error.find(why), std::string::npos) << answer.error;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    }
  };
  refuses({authority.path(), client.certificate, own.key}, "no certificate in PEM with its key");
  refuses({authority.path(), client.certificate, ""}, "go together");
  refuses({authority.path(), client.certificate, folder.path() / "none"}, "No such file");
  refuses({folder.write("empty.pem", {}), "", ""}, "no certificates in PEM");
}

// A connection that a sensor has made: the name in the address is that of its certificate, and
// nobody looks it up.
TEST(HttpClient, SpeaksOverAConnectionThatSomebodyElseMade) {
  const test::TempDir folder;
  test::CertificateAuthority authority(folder.path(), "tests");
  const TestServer server(authority.issue("server", "DNS:sensor1.invalid"));
  int made = 0;
  HttpOptions options;
  options.tls.ca_file = authority.path();
  options.connect = [&](const std::function<bool()>&, std::string& why, std::uint64_t&) {
    ++made;
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server.port());
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      why = "no";
    return socket;
  };
  HttpClient client(options);
  for (int i = 0; i < 3; ++i) {
    const HttpResponse answer = client.send(get("https://sensor1.invalid/hello"));
    EXPECT_TRUE(answer.good()) << answer.error;
  }
  EXPECT_EQ(made, 1) << "it is kept";
  const HttpResponse other = HttpClient(options).send(get("https://sensor2.invalid/hello"));
  EXPECT_EQ(other.failure, HttpFailure::kCertificate) << other.error;
  options.connect = [](const std::function<bool()>&, std::string& why, std::uint64_t&) {
    why = "sensor1 has not dialled in";
    return UniqueFd();
  };
  const HttpResponse none = HttpClient(options).send(get("https://sensor1.invalid/hello"));
  EXPECT_EQ(none.failure, HttpFailure::kNoSuchHost);
  EXPECT_EQ(none.error, "sensor1.invalid: sensor1 has not dialled in");
}

// A connection is there at once, and nobody accepts it.
TEST(HttpClient, WhoDoesNotAnswerTlsInTimeIsGivenUp) {
  const UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listening.get(), generic, size), 0);
  ASSERT_EQ(::listen(listening.get(), 8), 0);
  ASSERT_EQ(::getsockname(listening.get(), generic, &size), 0);
  HttpOptions options;
  options.connect_limit_ms = 86'400'000;
  options.connect = [&](const std::function<bool()>&, std::string& why, std::uint64_t& limit_ms) {
    limit_ms = 1;
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), generic, size) != 0) why = "no";
    return socket;
  };
  const HttpResponse answer = HttpClient(options).send(get("https://sensor1.invalid/hello"));
  EXPECT_EQ(answer.failure, HttpFailure::kUnreachable);
  EXPECT_EQ(answer.error,
            "sensor1.invalid: it did not answer TLS within 1 ms: does it stand still?");
}

TEST(HttpClient, AddressesAndHeadersAreChecked) {
  EXPECT_EQ(check_http_url("https://sensor-1.example/"), "sensor-1.example:443");
  EXPECT_EQ(check_http_url("http://[::1]:9118/x?y"), "[::1]:9118");
  for (const char* url :
       {"", "sensor", "ftp://sensor/", "file:///etc/passwd", "http://me:secret@sensor/",
        "http://me@sensor/", "http://", "http://a b/", "http://sensor/#secret"}) {
    try {
      check_http_url(url);
      FAIL() << url;
    } catch (const UsageError& error) {
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
  }
  HttpClient client({});
  HttpRequest request = get("http://127.0.0.1:1/");
  request.token = "secret\r\nX: y";
  EXPECT_THROW(client.send(request), UsageError);
  request.token.clear();
  request.headers = {{"A", "b\nc"}};
  EXPECT_THROW(client.send(request), UsageError);
  EXPECT_EQ(percent_encoded("a b&c=\xc3\xa4~"), "a%20b%26c%3D%C3%A4~");
}

}  // namespace
}  // namespace capstan::tools
