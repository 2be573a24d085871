// Connections that sensors dial: the sensor's side, the central host's, and who asks there. Real
// sockets on loopback; the clock is the test's.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "engine/core/clock.h"
#include "engine/core/tcp_address.h"
#include "tests/support/pcapng_builder.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"
#include "tools/dial/dial_desk.h"
#include "tools/dial/dial_line.h"
#include "tools/dial/dial_pool.h"
#include "tools/dial/dialer.h"
#include "tools/dial/take_connection.h"
#include "tools/watch/local_address.h"
#include "tools/watch/status_socket.h"

namespace capstan::dial {
namespace {

constexpr std::uint64_t kSecond = kNanosecondsPerSecond;
const std::string kHello(1, kTlsHandshake);

UniqueFd listening_socket() {
  return tools::listen_on(*tools::parse_listen_address("127.0.0.1:0"));
}

std::uint16_t port_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// A connection from 127.0.0.`host`.
UniqueFd connected(std::uint16_t port, const std::string& text = {}, unsigned host = 1) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(0x7f000000U + host);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
            0);
  EXPECT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
  return socket;
}

// What comes until the other side closes; nullopt: it is open, and has said nothing.
std::optional<std::string> said(int socket) {
  std::string text;
  char bytes[512];
  while (true) {
    const ssize_t count = ::recv(socket, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN && text.empty()) return std::nullopt;
    if (count <= 0) return text;
    text.append(bytes, static_cast<std::size_t>(count));
  }
}

TEST(DialLine, ComesBack) {
  for (const std::string name : {"berlin", "paris, 2nd", "K\xC3\xB6ln", "1"}) {
    const std::string line = greeting(name);
    ASSERT_EQ(line.back(), '\n');
    EXPECT_LE(line.size(), kLongestLine);
    EXPECT_EQ(parse_greeting(std::string_view(line).substr(0, line.size() - 1)), name);
  }
  EXPECT_LE(greeting(std::string(kLongestName, 'x')).size(), kLongestLine);
}

TEST(DialLine, WhatIsNoneIsRefused) {
  const std::string good = "capstan-dial 1 ";
  for (const std::string& line :
       {std::string(), good, good.substr(0, good.size() - 1), std::string("capstan-dial 2 x"),
        std::string("Capstan-dial 1 x"), " " + good + "x",
        good + std::string(kLongestName + 1, 'x'), good + "a\x01", good + "a\r", good + "\xff",
        good + std::string("a\0b", 3), std::string("GET / HTTP/1.1"),
        // Names that look like another one: turned round, with a mark, of no width, with blanks.
        good + "a\xe2\x80\xae"
               "b",
        good + "\xef\xbb\xbf"
               "a",
        good + "a\xe2\x80\x8b", good + " a", good + "a ", good + "\xc2\xa0"}) {
    EXPECT_FALSE(parse_greeting(line)) << line;
  }
}

// A pool, and the clock that it is told.
class Pool {
 public:
  explicit Pool(DialLimits limits = {}) {
    UniqueFd listening = listening_socket();
    port = port_of(listening.get());
    pool.emplace(std::move(listening), limits);
  }

  void serve() { pool->serve(now_ns); }
  // Until the condition holds, with the same time.
  [[nodiscard]] bool until(const std::function<bool(const DialPool::Counts&)>& condition) {
    return test::wait_until([&] {
      serve();
      return condition(pool->counts());
    });
  }
  [[nodiscard]] bool until_waiting(std::uint64_t count) {
    return until([count](const DialPool::Counts& counts) { return counts.waiting == count; });
  }
  std::string reason(int socket) {
    std::optional<std::string> text;
    EXPECT_TRUE(test::wait_until([&] {
      serve();
      return (text = said(socket)).has_value();
    }));
    return text.value_or("");
  }

  std::uint16_t port = 0;
  std::uint64_t now_ns = monotonic_clock_ns();
  std::optional<DialPool> pool;
};

TEST(DialPool, KeepsAndGives) {
  Pool pool;
  const UniqueFd sensor = connected(pool.port, greeting("berlin"));
  ASSERT_TRUE(pool.until_waiting(1));
  EXPECT_FALSE(pool.pool->take("paris"));
  const UniqueFd given = pool.pool->take("berlin").socket;
  ASSERT_TRUE(given);
  ASSERT_EQ(::send(given.get(), "hello", 5, 0), 5);
  char bytes[8] = {};
  EXPECT_EQ(::recv(sensor.get(), bytes, sizeof(bytes), 0), 5);
  EXPECT_FALSE(pool.pool->take("berlin"));
  EXPECT_EQ(pool.pool->counts().given, 1U);
  EXPECT_EQ(pool.pool->counts().waiting, 0U);
  // What is said later on it does not concern the pool.
  ASSERT_EQ(::send(sensor.get(), "x", 1, 0), 1);
  pool.serve();
  EXPECT_EQ(pool.pool->counts().garbage, 0U);
}

TEST(DialPool, LinesInPiecesAreWholeAtTheirEnd) {
  Pool pool;
  const UniqueFd sensor = connected(pool.port);
  const std::string line = greeting("berlin");
  for (const char& c : line) {
    ASSERT_EQ(pool.pool->counts().waiting, 0U);
    ASSERT_EQ(::send(sensor.get(), &c, 1, 0), 1);
    pool.serve();
  }
  EXPECT_TRUE(pool.until_waiting(1));
}

TEST(DialPool, GarbageIsClosedWithAReason) {
  Pool pool;
  const std::string long_line(kLongestLine, 'x');
  std::uint64_t count = 0;
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\n"), long_line,
        std::string("\x16\x03\x01\n"), greeting("berlin") + "x",
        greeting("berlin") + greeting("berlin"), std::string("capstan-dial 1 \xff\n"),
        std::string(100'000, '\n')}) {
    const UniqueFd socket = connected(pool.port, text);
    EXPECT_NE(pool.reason(socket.get()).find("capstan serve --dial"), std::string::npos)
        << text.substr(0, 40);
    EXPECT_EQ(pool.pool->counts().garbage, ++count);
  }
  EXPECT_EQ(pool.pool->counts().waiting, 0U);
  EXPECT_TRUE(pool.pool->seen(pool.now_ns).empty());
}

TEST(DialPool, WhoClosesInTheMiddleOfTheLineIsGarbage) {
  Pool pool;
  connected(pool.port, "capstan-dial 1 ber").reset();
  EXPECT_TRUE(pool.until([](const auto& counts) { return counts.garbage == 1; }));
}

TEST(DialPool, ALineThatDoesNotComeIsNotWaitedFor) {
  Pool pool;
  const UniqueFd silent = connected(pool.port, "capstan-dial 1 b");
  const UniqueFd sensor = connected(pool.port, greeting("berlin"));
  ASSERT_TRUE(
      pool.until([](const auto& counts) { return counts.accepted == 2 && counts.waiting == 1; }));
  pool.now_ns += 5 * kSecond - 1;
  pool.serve();
  EXPECT_EQ(said(silent.get()), std::nullopt);
  pool.now_ns += 1;
  EXPECT_NE(pool.reason(silent.get()).find("did not come"), std::string::npos);
  EXPECT_EQ(pool.pool->counts().no_line, 1U);
  pool.now_ns += 3600 * kSecond;  // a sensor waits as long as nobody asks
  pool.serve();
  EXPECT_EQ(pool.pool->counts().waiting, 1U);
}

TEST(DialPool, WhoWaitsSaysNothing) {
  Pool pool;
  const UniqueFd sensor = connected(pool.port, greeting("berlin"));
  ASSERT_TRUE(pool.until_waiting(1));
  ASSERT_EQ(::send(sensor.get(), "x", 1, 0), 1);
  ASSERT_TRUE(pool.until_waiting(0));
  EXPECT_EQ(pool.pool->counts().garbage, 1U);
  EXPECT_FALSE(pool.pool->take("berlin"));
}

TEST(DialPool, TheDeadAreDroppedAndNamed) {
  Pool pool;
  EXPECT_NE(pool.pool->absence("berlin", pool.now_ns).find("did not dial in since the central"),
            std::string::npos);
  UniqueFd sensor = connected(pool.port, greeting("berlin"));
  const UniqueFd other = connected(pool.port, greeting("paris"));
  ASSERT_TRUE(pool.until_waiting(2));
  sensor.reset();
  ASSERT_TRUE(pool.until_waiting(1));
  EXPECT_EQ(pool.pool->counts().ended, 1U);
  EXPECT_TRUE(pool.pool->is_expected("berlin", pool.now_ns + kSecond));
  EXPECT_FALSE(pool.pool->is_expected("berlin", pool.now_ns + 60 * kSecond));
  EXPECT_NE(pool.pool->absence("berlin", pool.now_ns).find("none of its connections is left"),
            std::string::npos);
  const std::vector<DialPool::Seen> seen = pool.pool->seen(pool.now_ns + 7 * kSecond);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].name, "berlin");
  EXPECT_EQ(seen[0].waiting, 0U);
  EXPECT_EQ(seen[0].last_s_ago, 7U);
  EXPECT_EQ(seen[1].addresses, std::vector<std::string>{"127.0.0.1"});
}

// The pool was not served since: the connection looks alive to it.
TEST(DialPool, OneThatHasJustDiedIsNotGiven) {
  Pool pool;
  UniqueFd dying = connected(pool.port, greeting("berlin"));
  const UniqueFd alive = connected(pool.port, greeting("berlin"));
  UniqueFd newest = connected(pool.port, greeting("berlin"));
  ASSERT_TRUE(pool.until_waiting(3));
  newest.reset();
  dying.reset();
  const UniqueFd given = pool.pool->take("berlin").socket;
  ASSERT_TRUE(given);
  ASSERT_EQ(::send(given.get(), "x", 1, 0), 1);
  char byte = 0;
  EXPECT_EQ(::recv(alive.get(), &byte, 1, 0), 1);
  EXPECT_FALSE(pool.pool->take("berlin"));
  EXPECT_EQ(pool.pool->counts().ended, 2U);
}

TEST(DialPool, TwoOfOneNameHaveTheirTurn) {
  Pool pool;
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 3; ++i) sockets.push_back(connected(pool.port, greeting("berlin"), 1));
  ASSERT_TRUE(pool.until_waiting(3));
  for (int i = 0; i < 3; ++i) sockets.push_back(connected(pool.port, greeting("berlin"), 2));
  ASSERT_TRUE(pool.until_waiting(6));
  EXPECT_EQ(pool.pool->seen(pool.now_ns)[0].addresses,
            (std::vector<std::string>{"127.0.0.1", "127.0.0.2"}));
  std::string turns;
  for (int i = 0; i < 6; ++i) {
    const UniqueFd given = pool.pool->take("berlin").socket;
    ASSERT_TRUE(given);
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    ASSERT_EQ(::getpeername(given.get(), reinterpret_cast<sockaddr*>(&peer), &size), 0);
    turns += static_cast<char>('0' + (ntohl(peer.sin_addr.s_addr) & 0xff));
  }
  EXPECT_TRUE(turns == "121212" || turns == "212121") << turns;
}

// The last part of the address of the other side.
unsigned host_of(int socket) {
  sockaddr_in peer{};
  socklen_t size = sizeof(peer);
  EXPECT_EQ(::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size), 0);
  return ntohl(peer.sin_addr.s_addr) & 0xff;
}

// `each` connections of each of these addresses, all of one name.
std::vector<UniqueFd> connected_from(Pool& pool, std::initializer_list<unsigned> hosts, int each) {
  std::vector<UniqueFd> sockets;
  for (const unsigned host : hosts) {
    for (int i = 0; i < each; ++i) {
      sockets.push_back(connected(pool.port, greeting("berlin"), host));
      EXPECT_TRUE(pool.until_waiting(sockets.size()));
    }
  }
  return sockets;
}

TEST(DialPool, TurnsGoRoundAllAddresses) {
  Pool pool;
  const std::vector<UniqueFd> sockets = connected_from(pool, {1, 2, 3}, 2);
  std::string turns;
  for (int i = 0; i < 6; ++i) {
    const UniqueFd given = pool.pool->take("berlin").socket;
    ASSERT_TRUE(given);
    turns += static_cast<char>('0' + host_of(given.get()));
  }
  EXPECT_EQ(turns.substr(0, 3), turns.substr(3));
  std::sort(turns.begin(), turns.end());
  EXPECT_EQ(turns, "112233");
}

TEST(DialPool, AnAddressThatAnsweredNothingGoesLast) {
  Pool pool;
  const std::vector<UniqueFd> sockets = connected_from(pool, {1, 2, 3}, 4);
  const auto next = [&] {
    const UniqueFd given = pool.pool->take("berlin").socket;
    return given ? host_of(given.get()) : 0;
  };
  pool.pool->judge("berlin", "127.0.0.1", {});
  pool.pool->judge("berlin", "127.0.0.2", {});
  EXPECT_EQ(next(), 3U);
  EXPECT_EQ(next(), 3U);
  pool.pool->judge("berlin", "127.0.0.2", "ab12");
  const DialPool::Taken best = pool.pool->take("berlin");
  EXPECT_EQ(best.address, "127.0.0.2");
  ASSERT_EQ(best.sources.size(), 3U);
  EXPECT_EQ(best.sources[0].address, "127.0.0.2");
  EXPECT_EQ(best.sources[0].standing, Standing::kAnswered);
  EXPECT_EQ(best.sources[0].instance, "ab12");
  EXPECT_EQ(best.sources[2].address, "127.0.0.1");
  EXPECT_EQ(best.sources[2].standing, Standing::kNothing);
  for (const unsigned host : {2U, 2U, 2U, 3U, 3U, 1U, 1U, 1U, 1U, 0U}) EXPECT_EQ(next(), host);
  EXPECT_FALSE(pool.pool->take("berlin", "127.0.0.3"));
}

TEST(DialPool, OneAddressAlone) {
  Pool pool;
  const std::vector<UniqueFd> sockets = connected_from(pool, {1, 2}, 1);
  EXPECT_EQ(pool.pool->take("berlin", "127.0.0.2").address, "127.0.0.2");
  EXPECT_FALSE(pool.pool->take("berlin", "127.0.0.2"));
  EXPECT_FALSE(pool.pool->take("berlin", "127.0.0.9"));
  EXPECT_EQ(pool.pool->take("berlin", "127.0.0.1").address, "127.0.0.1");
}

// Who says a name most often does not keep its sensor out.
TEST(DialPool, AFullNameMakesRoomForAnotherAddress) {
  DialLimits limits;
  limits.a_name = 4;
  Pool pool(limits);
  const std::vector<UniqueFd> liars = connected_from(pool, {1}, 4);
  const UniqueFd sensor = connected(pool.port, greeting("berlin"), 2);
  EXPECT_NE(pool.reason(liars[0].get()).find("has its turn"), std::string::npos);
  ASSERT_TRUE(pool.until_waiting(4));
  EXPECT_EQ(pool.pool->seen(pool.now_ns)[0].addresses,
            (std::vector<std::string>{"127.0.0.1", "127.0.0.2"}));
  const UniqueFd more = connected(pool.port, greeting("berlin"), 2);
  ASSERT_TRUE(pool.until([](const auto& counts) { return counts.too_many == 2; }));
  const UniqueFd third = connected(pool.port, greeting("berlin"), 2);  // as many as the other has
  EXPECT_NE(pool.reason(third.get()).find("enough connections"), std::string::npos);
  // And one that answers is worth more than one that does not.
  pool.pool->judge("berlin", "127.0.0.1", {});
  const UniqueFd fourth = connected(pool.port, greeting("berlin"), 2);
  EXPECT_NE(pool.reason(liars[1].get()).find("has its turn"), std::string::npos);
}

// A name comes and goes again.
void visit(Pool& pool, const std::string& name, unsigned host) {
  pool.now_ns += kSecond;
  const std::uint64_t ended = pool.pool->counts().ended;
  UniqueFd socket = connected(pool.port, greeting(name), host);
  ASSERT_TRUE(pool.until_waiting(1));
  socket.reset();
  ASSERT_TRUE(pool.until([&](const auto& counts) { return counts.ended == ended + 1; }));
}

TEST(DialPool, ManyNamesOfOneAddressDoNotMakeAnotherForgotten) {
  DialLimits limits;
  limits.names = 8;
  Pool pool(limits);
  visit(pool, "berlin", 2);
  for (int i = 0; i < 20; ++i) visit(pool, fmt::format("{}", i), 1);
  EXPECT_NE(pool.pool->absence("berlin", pool.now_ns).find("none of its connections is left"),
            std::string::npos);
}

// What is not known is not said: "since it began" would be false.
TEST(DialPool, WhatIsForgottenIsNotSaidToHaveNeverBeen) {
  DialLimits limits;
  limits.names = 2;
  Pool pool(limits);
  visit(pool, "berlin", 2);
  for (unsigned i = 0; i < 4; ++i) visit(pool, fmt::format("{}", i), 10 + i);
  const std::string why = pool.pool->absence("berlin", pool.now_ns);
  EXPECT_EQ(why.find("did not dial in since the central"), std::string::npos) << why;
  EXPECT_NE(why.find("not all are remembered"), std::string::npos) << why;
}

TEST(DialPool, EachBoundHolds) {
  struct Case {
    const char* words;
    DialLimits limits;
    std::uint64_t kept;
  };
  std::vector<Case> cases(5);
  cases[0] = {"too many connections", {}, 3};
  cases[0].limits.connections = 3;
  cases[1] = {"from your address", {}, 4};
  cases[1].limits.an_address = 4;
  cases[2] = {"of your name and address", {}, 2};
  cases[2].limits.a_name_an_address = 2;
  cases[3] = {"of your name wait", {}, 5};
  cases[3].limits.a_name = 5;
  cases[4] = {"too many names", {}, 0};
  cases[4].limits.names = 0;
  for (const Case& one : cases) {
    Pool pool(one.limits);
    std::vector<UniqueFd> sockets;
    for (std::uint64_t i = 0; i < one.kept; ++i) {
      sockets.push_back(connected(pool.port, greeting("berlin")));
      ASSERT_TRUE(pool.until_waiting(i + 1)) << one.words;
    }
    const UniqueFd beyond = connected(pool.port, greeting("berlin"));
    EXPECT_NE(pool.reason(beyond.get()).find(one.words), std::string::npos) << one.words;
    EXPECT_EQ(pool.pool->counts().too_many, 1U) << one.words;
    EXPECT_EQ(pool.pool->counts().waiting, one.kept) << one.words;
    if (one.kept == 0) continue;
    // The place of one that goes is free again.
    sockets.pop_back();
    ASSERT_TRUE(pool.until_waiting(one.kept - 1));
    const UniqueFd next = connected(pool.port, greeting("berlin"));
    EXPECT_TRUE(pool.until_waiting(one.kept)) << one.words;
  }
}

TEST(DialPool, ThoseWithoutANameAreFewAndKeepNobodyOut) {
  DialLimits limits;
  limits.without_name = 2;
  Pool pool(limits);
  const UniqueFd first = connected(pool.port);
  const UniqueFd second = connected(pool.port);
  ASSERT_TRUE(pool.until([](const auto& counts) { return counts.accepted == 2; }));
  const UniqueFd third = connected(pool.port, greeting("berlin"));
  EXPECT_NE(pool.reason(third.get()).find("said no name"), std::string::npos);
  pool.now_ns += 5 * kSecond;
  ASSERT_TRUE(pool.until([](const auto& counts) { return counts.no_line == 2; }));
  const UniqueFd fourth = connected(pool.port, greeting("berlin"));
  EXPECT_TRUE(pool.until_waiting(1));
}

TEST(DialPool, NamesAreForgottenTheOldestFirst) {
  DialLimits limits;
  limits.names = 3;
  Pool pool(limits);
  const UniqueFd stays = connected(pool.port, greeting("stays"));
  ASSERT_TRUE(pool.until_waiting(1));
  for (int i = 0; i < 20; ++i) {
    pool.now_ns += kSecond;
    UniqueFd socket = connected(pool.port, greeting(fmt::format("name{}", i)));
    ASSERT_TRUE(pool.until_waiting(2));
    socket.reset();
    ASSERT_TRUE(pool.until_waiting(1));
  }
  const std::vector<DialPool::Seen> seen = pool.pool->seen(pool.now_ns);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].name, "name18");
  EXPECT_EQ(seen[1].name, "name19");
  EXPECT_EQ(seen[2].name, "stays");
  EXPECT_TRUE(pool.pool->take("stays"));
}

TEST(DialPool, AThousandGarbageConnectionsLeaveTheSensorThere) {
  Pool pool;
  const UniqueFd sensor = connected(pool.port, greeting("berlin"), 2);
  ASSERT_TRUE(pool.until_waiting(1));
  for (unsigned i = 0; i < 1000; ++i) {
    const UniqueFd garbage = connected(pool.port, i % 3 == 0   ? ""
                                                  : i % 3 == 1 ? "x\n"
                                                               : greeting("berlin"));
    pool.serve();
  }
  ASSERT_TRUE(pool.until([](const auto& counts) { return counts.accepted == 1001; }));
  pool.now_ns += 60 * kSecond;
  ASSERT_TRUE(pool.until_waiting(1));
  EXPECT_TRUE(pool.pool->take("berlin"));
  const DialPool::Counts counts = pool.pool->counts();
  EXPECT_EQ(counts.accepted, counts.garbage + counts.no_line + counts.too_many + counts.ended + 1);
}

// -- asking --

class Desk {
 public:
  Desk() : desk(directory.path().string() + "/dialled", *pool.pool) {}

  // What who asks gets, while pool and desk are served. `between`: runs after the question came.
  UniqueFd ask(const std::string& name, std::string& why, std::uint64_t wait_ms = 0,
               const std::function<void()>& between = {}) {
    return ask_for({}, name, why, wait_ms, between).socket;
  }
  DialledConnection ask_for(const std::string& address, const std::string& name, std::string& why,
                            std::uint64_t wait_ms = 0, const std::function<void()>& between = {}) {
    const std::uint64_t asked = desk.counts().asked;
    std::future<DialledConnection> answer = std::async(std::launch::async, [&, wait_ms] {
      return take_connection({desk.path(), name, address, wait_ms}, {}, why);
    });
    bool done = !between;
    EXPECT_TRUE(test::wait_until([&] {
      pool.serve();
      desk.serve(pool.now_ns);
      if (!done && desk.counts().asked != asked) {
        done = true;
        between();
      }
      return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }));
    return answer.get();
  }

  test::TempDir directory;
  Pool pool;
  DialDesk desk;
};

TEST(DialDesk, HandsAConnectionOut) {
  Desk desk;
  const UniqueFd sensor = connected(desk.pool.port, greeting("paris, 2nd"));
  ASSERT_TRUE(desk.pool.until_waiting(1));
  std::string why;
  const UniqueFd given = desk.ask("paris, 2nd", why);
  ASSERT_TRUE(given) << why;
  ASSERT_EQ(::send(given.get(), "hi", 2, 0), 2);
  char bytes[4];
  EXPECT_EQ(::recv(sensor.get(), bytes, sizeof(bytes), 0), 2);
  struct stat status {};
  ASSERT_EQ(::stat(desk.desk.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660U);
}

TEST(DialDesk, SaysWhyThereIsNone) {
  Desk desk;
  std::string why;
  EXPECT_FALSE(desk.ask("berlin", why, 5000));
  EXPECT_NE(why.find("did not dial in since the central"), std::string::npos) << why;
  UniqueFd sensor = connected(desk.pool.port, greeting("berlin"));
  ASSERT_TRUE(desk.pool.until_waiting(1));
  sensor.reset();
  ASSERT_TRUE(desk.pool.until_waiting(0));
  EXPECT_FALSE(desk.ask("berlin", why, 0));
  EXPECT_NE(why.find("none of its connections is left"), std::string::npos) << why;
  EXPECT_EQ(desk.desk.counts().asked, 2U);
  EXPECT_EQ(desk.desk.counts().without, 2U);
}

TEST(DialDesk, WaitsForASensorThatWasThereAMomentAgo) {
  Desk desk;
  UniqueFd sensor = connected(desk.pool.port, greeting("berlin"));
  ASSERT_TRUE(desk.pool.until_waiting(1));
  std::string why;
  ASSERT_TRUE(desk.ask("berlin", why));
  const UniqueFd given = desk.ask("berlin", why, 5000,
                                  [&] { sensor = connected(desk.pool.port, greeting("berlin")); });
  EXPECT_TRUE(given) << why;
  // And not for ever.
  EXPECT_FALSE(desk.ask("berlin", why, 5000, [&] { desk.pool.now_ns += 6 * kSecond; }));
  EXPECT_EQ(desk.desk.counts().without, 1U);
}

TEST(DialDesk, SaysWhenceItCameAndLearnsWhatBecameOfIt) {
  Desk desk;
  const std::vector<UniqueFd> sockets = connected_from(desk.pool, {1, 2}, 3);
  std::string why;
  DialledConnection first = desk.ask_for("127.0.0.1", "berlin", why);
  ASSERT_TRUE(first.socket) << why;
  EXPECT_EQ(first.address, "127.0.0.1");
  ASSERT_EQ(first.sources.size(), 2U);
  EXPECT_EQ(first.sources[1].address, "127.0.0.2");
  EXPECT_EQ(first.sources[1].standing, Standing::kUnknown);
  DialledConnection second = desk.ask_for("127.0.0.2", "berlin", why);
  first.tell({});
  second.tell("0123abcd");
  ASSERT_TRUE(test::wait_until([&] {
    desk.desk.serve(desk.pool.now_ns);
    const DialPool::Taken next = desk.pool.pool->take("berlin", "127.0.0.1");
    return next.sources.size() == 2 && next.sources[0].instance == "0123abcd" &&
           next.sources[1].standing == Standing::kNothing;
  }));
  EXPECT_EQ(desk.ask_for({}, "berlin", why).address, "127.0.0.2");
}

TEST(DialDesk, SilentClientsKeepNobodyOut) {
  Desk desk;
  const UniqueFd sensor = connected(desk.pool.port, greeting("berlin"));
  ASSERT_TRUE(desk.pool.until_waiting(1));
  const sockaddr_un address = tools::unix_address(desk.desk.path());
  std::vector<UniqueFd> silent;
  for (std::size_t i = 0; i < DialDesk::kMostClients; ++i) {
    silent.emplace_back(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(silent.back().get(), reinterpret_cast<const sockaddr*>(&address),
                        sizeof(address)),
              0);
    desk.desk.serve(desk.pool.now_ns);
  }
  std::string why;
  EXPECT_TRUE(desk.ask("berlin", why)) << why;
  EXPECT_EQ(said(silent.front().get()), "-too many ask at once");
  EXPECT_EQ(said(silent.back().get()), std::nullopt);
}

TEST(DialDesk, WhoAsksNothingIsClosed) {
  Desk desk;
  const sockaddr_un address = tools::unix_address(desk.desk.path());
  for (const std::string question : {"x", "1", "1 ", "1 5", "1 5 ", "2 5 berlin", "1 -5 berlin",
                                     "1 99999999999999999999 berlin", "1 5 a\nb;"}) {
    const UniqueFd client(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    ASSERT_GT(::send(client.get(), question.data(), question.size(), 0), 0);
    std::optional<std::string> text;
    ASSERT_TRUE(test::wait_until([&] {
      desk.desk.serve(desk.pool.now_ns);
      return (text = said(client.get())).has_value();
    }));
    EXPECT_EQ(*text, "-this is no question") << question;
  }
  EXPECT_EQ(desk.desk.counts().asked, 0U);
  EXPECT_EQ(desk.desk.counts().garbage, 9U);
}

TEST(DialDesk, OneThatNobodyListensAtIsReplacedAndAnotherIsNot) {
  const test::TempDir directory;
  const std::string path = directory.path().string() + "/dialled";
  Pool pool;
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const sockaddr_un address = tools::unix_address(path);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  const DialDesk desk(path, *pool.pool);
  EXPECT_THROW(DialDesk(path, *pool.pool), std::system_error);
  EXPECT_THROW(DialDesk(directory.path().string() + "/" + std::string(200, 'x'), *pool.pool),
               std::system_error);
}

TEST(DialDesk, WhatIsNoSocketIsNotDeleted) {
  const test::TempDir directory;
  const std::string path = directory.write("important", test::pattern_bytes(100, 1));
  const std::string link = directory.path().string() + "/link";
  ASSERT_EQ(::symlink(path.c_str(), link.c_str()), 0);
  Pool pool;
  for (const std::string& place : {path, link}) {
    try {
      const DialDesk desk(place, *pool.pool);
      FAIL() << place;
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("no socket"), std::string::npos) << error.what();
    }
  }
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 100);
}

TEST(DialDesk, NobodyThereIsASentence) {
  const test::TempDir directory;
  std::string why;
  EXPECT_FALSE(take_connection({directory.path().string() + "/none", "berlin"}, {}, why).socket);
  EXPECT_NE(why.find("does `capstan serve --dialled` run here?"), std::string::npos) << why;
}

TEST(DialDesk, WhoAsksCanBeStopped) {
  const test::TempDir directory;
  const std::string path = directory.path().string() + "/silent";
  const UniqueFd silent(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un address = tools::unix_address(path);
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(silent.get(), 1), 0);
  std::string why;
  EXPECT_FALSE(take_connection(
                   {path, "berlin", {}, 10'000}, [] { return true; }, why)
                   .socket);
  EXPECT_EQ(why, "interrupted");
}

// As many wait to be accepted as the queue holds: connect() would wait for ever.
TEST(DialDesk, WhoAsksAtAFullQueueCanBeStopped) {
  const test::TempDir directory;
  const std::string path = directory.path().string() + "/full";
  const UniqueFd full(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un address = tools::unix_address(path);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  ASSERT_EQ(::bind(full.get(), generic, sizeof(address)), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  std::vector<UniqueFd> waiting;
  do {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  } while (::connect(waiting.back().get(), generic, sizeof(address)) == 0);
  ASSERT_EQ(errno, EAGAIN);
  std::string why;
  int asked = 0;
  EXPECT_FALSE(take_connection(
                   {path, "berlin", {}, 10'000}, [&] { return ++asked == 3; }, why)
                   .socket);
  EXPECT_EQ(why, "interrupted");
  EXPECT_EQ(asked, 3);
}

// -- the sensor's side --

class SensorSide {
 public:
  explicit SensorSide(std::uint16_t port, const std::function<void(DialOptions&)>& change = {}) {
    DialOptions options;
    options.central = {"127.0.0.1", port};
    options.sensor = "berlin";
    if (change) change(options);
    dialer.emplace(options, [this](UniqueFd socket, const TcpAddress& central) {
      EXPECT_TRUE(central.is_loopback());
      if (!has_place) return false;
      handed_over.push_back(std::move(socket));
      return true;
    });
  }

  std::uint64_t now_ns = monotonic_clock_ns();
  bool has_place = true;
  std::vector<UniqueFd> handed_over;
  std::optional<Dialer> dialer;
};

TEST(Dialer, KeepsConnectionsAndReplacesTheOneThatIsUsed) {
  Pool pool;
  SensorSide sensor(pool.port);
  const auto both = [&](const std::function<bool()>& condition) {
    return test::wait_until([&] {
      pool.serve();
      sensor.dialer->serve(sensor.now_ns);
      return condition();
    });
  };
  ASSERT_TRUE(both([&] { return pool.pool->counts().waiting == 3; }));
  for (std::size_t i = 1; i <= 10; ++i) {
    const UniqueFd given = pool.pool->take("berlin").socket;
    ASSERT_TRUE(given);
    ASSERT_EQ(::send(given.get(), kHello.data(), 1, 0), 1);
    ASSERT_TRUE(both([&] { return sensor.handed_over.size() == i; }));
    char byte = 0;  // it is there still to be read
    EXPECT_EQ(::recv(sensor.handed_over.back().get(), &byte, 1, 0), 1);
    EXPECT_EQ(byte, kTlsHandshake);
    ASSERT_TRUE(both([&] { return pool.pool->counts().waiting == 3; }));
  }
  const Dialer::Counts counts = sensor.dialer->counts();
  EXPECT_EQ(counts.dialled, 13U);
  EXPECT_EQ(counts.handed_over, 10U);
  EXPECT_EQ(counts.idle, 3U);
  EXPECT_EQ(counts.failed, 0U);
  EXPECT_EQ(sensor.dialer->trouble(), "");
}

// A central host that uses up what comes does not make the sensor dial without end.
TEST(Dialer, HowOftenItDialsIsBounded) {
  Pool pool;
  SensorSide sensor(pool.port, [](DialOptions& options) {
    options.burst = 8;
    options.a_second = 2;
  });
  const auto use_up = [&] {
    for (int quiet = 0; quiet < 50; ++quiet) {
      pool.serve();
      sensor.dialer->serve(sensor.now_ns);
      if (const UniqueFd given = pool.pool->take("berlin").socket) {
        quiet = 0;
        ::send(given.get(), kHello.data(), 1, 0);
      }
      sleep_ns(kNanosecondsPerMillisecond);
    }
  };
  use_up();
  EXPECT_EQ(sensor.dialer->counts().dialled, 8U);
  sensor.now_ns += 3 * kSecond;
  use_up();
  EXPECT_EQ(sensor.dialer->counts().dialled, 14U);
}

TEST(Dialer, ACentralThatIsAwayIsDialledEverMoreSeldom) {
  UniqueFd gone = listening_socket();
  const std::uint16_t port = port_of(gone.get());
  gone.reset();
  SensorSide sensor(port);
  ASSERT_TRUE(test::wait_until([&] {
    sensor.dialer->serve(sensor.now_ns);
    return sensor.dialer->counts().failed >= 1;
  }));
  EXPECT_NE(sensor.dialer->trouble().find("Connection refused"), std::string::npos);
  // Looked at twice a second, as serve does.
  const std::uint64_t began_ns = sensor.now_ns;
  ASSERT_TRUE(test::wait_until([&] {
    sensor.now_ns += kSecond / 2;
    sensor.dialer->serve(sensor.now_ns);
    return sensor.dialer->counts().failed >= 14;
  }));
  // The first connections are made together: those that fail then are one failure. Behind it come
  // half of 0.1 s, 0.2 s ... 51.2 s, and of a minute once at least.
  EXPECT_GE(sensor.now_ns - began_ns, 80 * kSecond);
  EXPECT_EQ(sensor.dialer->counts().dialled, 0U);
}

TEST(Dialer, ComesBackWhenTheCentralDoes) {
  std::optional<Pool> pool(std::in_place);
  SensorSide sensor(pool->port);
  const auto both = [&](const std::function<bool()>& condition) {
    return test::wait_until([&] {
      if (pool) pool->serve();
      sensor.now_ns += 20 * kNanosecondsPerMillisecond;
      sensor.dialer->serve(sensor.now_ns);
      return condition();
    });
  };
  ASSERT_TRUE(both([&] { return pool->pool->counts().waiting == 3; }));
  const std::uint16_t port = pool->port;
  pool.reset();
  ASSERT_TRUE(both(
      [&] { return sensor.dialer->counts().idle == 0 && sensor.dialer->counts().failed > 2; }));
  EXPECT_NE(sensor.dialer->trouble(), "");
  UniqueFd listening =
      tools::listen_on(*tools::parse_listen_address(fmt::format("127.0.0.1:{}", port)));
  DialPool again(std::move(listening));
  ASSERT_TRUE(both([&] {
    again.serve(sensor.now_ns);
    return again.counts().waiting == 3;
  }));
  EXPECT_EQ(sensor.dialer->trouble(), "");
}

TEST(Dialer, TheCentralsReasonIsTold) {
  DialLimits limits;
  limits.names = 0;
  Pool pool(limits);
  SensorSide sensor(pool.port);
  ASSERT_TRUE(test::wait_until([&] {
    pool.serve();
    sensor.dialer->serve(sensor.now_ns);
    return sensor.dialer->counts().refused >= 1;
  }));
  EXPECT_NE(sensor.dialer->trouble().find("says: refused: there are too many names"),
            std::string::npos)
      << sensor.dialer->trouble();
  EXPECT_TRUE(sensor.handed_over.empty());
}

TEST(Dialer, WhatTheWebServerHasNoPlaceForIsCounted) {
  Pool pool;
  SensorSide sensor(pool.port);
  sensor.has_place = false;
  ASSERT_TRUE(test::wait_until([&] {
    pool.serve();
    sensor.dialer->serve(sensor.now_ns);
    return pool.pool->counts().waiting == 3;
  }));
  const UniqueFd given = pool.pool->take("berlin").socket;
  ASSERT_EQ(::send(given.get(), kHello.data(), 1, 0), 1);
  ASSERT_TRUE(test::wait_until([&] {
    sensor.dialer->serve(sensor.now_ns);
    return sensor.dialer->counts().turned_away == 1;
  }));
  EXPECT_NE(sensor.dialer->trouble(), "");
}

TEST(Dialer, ANameThatIsNotKnownIsSaidAndLookedUpAgain) {
  SensorSide sensor(1, [](DialOptions& options) { options.central.host = "no-such-name.invalid"; });
  ASSERT_TRUE(test::wait_until([&] {
    sensor.now_ns += kSecond;
    sensor.dialer->serve(sensor.now_ns);
    return sensor.dialer->counts().failed >= 3;
  }));
  EXPECT_NE(sensor.dialer->trouble().find("no-such-name.invalid"), std::string::npos);
}

// Whoever takes connections and is silent, or closes them, is no central host, and no hot loop.
TEST(Dialer, WhoClosesEveryConnectionIsDialledSeldom) {
  const UniqueFd listening = listening_socket();
  SensorSide sensor(port_of(listening.get()));
  std::uint64_t accepted = 0;
  const std::uint64_t began_ns = sensor.now_ns;
  ASSERT_TRUE(test::wait_until([&] {
    if (sensor.dialer->counts().idle == 0) sensor.now_ns += kSecond / 10;
    sensor.dialer->serve(sensor.now_ns);
    while (UniqueFd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC))) ++accepted;
    return accepted >= 13;
  }));
  // Three at once, and then half of 0.1 s, 0.2 s ... 51.2 s.
  EXPECT_GE(sensor.now_ns - began_ns, 51 * kSecond);
}

TEST(Dialer, ConnectionsThatAreNotAnsweredEnd) {
  // A full queue of connections answers no more of them.
  const UniqueFd full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(full.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const UniqueFd filler = connected(port_of(full.get()));
  SensorSide sensor(port_of(full.get()));
  ASSERT_TRUE(test::wait_until([&] {
    sensor.dialer->serve(sensor.now_ns);
    sensor.now_ns += kSecond / 10;
    return sensor.dialer->counts().failed != 0;
  }));
  EXPECT_NE(sensor.dialer->trouble().find("does not answer"), std::string::npos)
      << sensor.dialer->trouble();
}

// Those that are kept say nothing of the one that is refused beside them.
TEST(Dialer, OneThatIsRefusedBesideOthersIsTriedSeldom) {
  DialLimits limits;
  limits.a_name_an_address = 2;
  Pool pool(limits);
  SensorSide sensor(pool.port);
  const auto until_refused = [&](std::uint64_t count) {
    return test::wait_until([&] {
      pool.serve();
      sensor.now_ns += kSecond / 2;
      sensor.dialer->serve(sensor.now_ns);
      return sensor.dialer->counts().refused >= count;
    });
  };
  ASSERT_TRUE(until_refused(2));
  const std::uint64_t began_ns = sensor.now_ns;
  ASSERT_TRUE(until_refused(14));
  EXPECT_GE(sensor.now_ns - began_ns, 80 * kSecond);
  EXPECT_EQ(sensor.dialer->counts().idle, 2U);
  EXPECT_NE(sensor.dialer->trouble().find("enough connections"), std::string::npos);
}

}  // namespace
}  // namespace capstan::dial
