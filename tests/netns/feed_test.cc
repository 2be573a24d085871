// Pcap over IP: recordings that go to clients over TCP, who may be slow, many, or hostile.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr std::uint16_t kPort = 57012;
constexpr std::uint32_t kMarker = 1'000'000;

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A server of the test's own, for -w tcp:127.0.0.1:PORT.
class Server {
 public:
  explicit Server(std::uint16_t port)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const sockaddr_in at = loopback(port);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
  }
  // Whether somebody comes; he is kept.
  bool wait_client() {
    return wait_until([this] {
      client_ = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      return static_cast<bool>(client_);
    });
  }

 private:
  UniqueFd listener_;
  UniqueFd client_;
};

// A socket of the test's own, connected to the recorder; -1: it was refused.
UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in to = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) return {};
  return fd;
}

class Feed : public Sandbox {
 protected:
  // /etc/hosts of the test's own mount namespace, which its other tests have too.
  class Hosts {
   public:
    Hosts(std::string path, const std::string& text) : path_(std::move(path)) {
      say(text);
      shell("mount --bind " + path_ + " /etc/hosts");
    }
    ~Hosts() { run({"umount", "/etc/hosts"}); }
    Hosts(const Hosts&) = delete;
    Hosts& operator=(const Hosts&) = delete;
    void say(const std::string& text) const { std::ofstream(path_) << text; }

   private:
    std::string path_;
  };
  static void send(std::uint32_t first, std::uint32_t count, std::size_t size = 100) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(5000, first + i, size));
  }
  static std::vector<std::uint32_t> numbers(const std::string& path) {
    std::vector<std::uint32_t> found;
    if (!std::filesystem::exists(path)) return found;
    for (const RecordedPacket& packet : read_recording(path).packets) {
      if (number_of(packet.bytes) != kMarker) found.push_back(number_of(packet.bytes));
    }
    return found;
  }
  static std::vector<std::uint32_t> counting(std::uint32_t count) {
    std::vector<std::uint32_t> all(count);
    for (std::uint32_t i = 0; i < count; ++i) all[i] = i;
    return all;
  }
  // Markers until one is in the file: what is sent from now on is in it.
  static bool wait_through(const std::string& path) {
    return wait_until([&] {
      send(kMarker, 1);
      return std::filesystem::exists(path) && !read_recording(path).packets.empty();
    });
  }
  // Frames of 1450 bytes, a quarter of the ring at a time, each time all of them written and in
  // what the client has of them in `path`. Where three quarters of a ring wait for the disk, nobody
  // beside the recording gets its blocks, and a client that is to miss nothing would miss those.
  static void send_at_the_pace_of(const std::string& path, std::uint32_t count, RecordRun& record) {
    constexpr std::uint32_t kPiece = 5000;
    for (std::uint32_t sent = 0; sent < count; sent += kPiece) {
      send(sent, kPiece, 1450);
      ASSERT_TRUE(record.wait_written(sent + kPiece)) << record.err();
      ASSERT_TRUE(wait_until([&] {
        return std::filesystem::file_size(path) > std::uint64_t{sent + kPiece} * 1450;
      })) << sent
          << " frames and then no more, of the feed " << record.statistics().all() << record.err();
    }
  }
  static std::string listen_text() { return "tcp-listen:" + std::to_string(kPort); }
  static std::string source() { return "tcp:127.0.0.1:" + std::to_string(kPort); }
  // What comes over a connection, as it is, into a file.
  std::unique_ptr<Process> copy_stream(const std::string& target) const {
    const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ProcessOptions to_file;
    to_file.stdout_fd = out.get();
    return std::make_unique<Process>(
        std::vector<std::string>{"bash", "-c",
                                 "exec cat </dev/tcp/127.0.0.1/" + std::to_string(kPort)},
        to_file);
  }
  std::unique_ptr<Process> tshark(const std::string& target) const {
    return std::make_unique<Process>(
        std::vector<std::string>{"env", "HOME=" + directory(), "tshark", "-i",
                                 "TCP@127.0.0.1:" + std::to_string(kPort), "-w", target});
  }
};

// Two clients, of which one stands still: the other one and the file miss nothing, and the one that
// stood still is told.
TEST_F(Feed, ASlowClientLosesItsOwnPacketsAndIsTold) {
  const std::string target = file("all.pcapng");
  RecordRun record({"-i", "v1", "-B", "32", "-w", target, "-w", listen_text()});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const auto quick = tshark(file("quick.pcapng"));
  const auto stopped = tshark(file("stopped.pcapng"));
  ASSERT_TRUE(wait_through(file("quick.pcapng"))) << quick->err();
  ASSERT_TRUE(wait_through(file("stopped.pcapng"))) << stopped->err();
  shell("pkill -STOP -P " + std::to_string(stopped->pid()) + " dumpcap");
  constexpr std::uint32_t kMost = 100'000;  // 145 MB, of which 64 MiB and the sockets wait
  ASSERT_NO_FATAL_FAILURE(send_at_the_pace_of(file("quick.pcapng"), kMost, record));
  ASSERT_TRUE(record.wait_written(kMost)) << record.err();
  shell("pkill -CONT -P " + std::to_string(stopped->pid()) + " dumpcap");
  ASSERT_TRUE(wait_until([&] { return numbers(file("quick.pcapng")).size() == kMost; }));
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(quick->wait(), 0) << quick->err();
  EXPECT_EQ(stopped->wait(), 0) << stopped->err();
  expect_reconciled(record.statistics());
  EXPECT_EQ(record.statistics().number("/packets_dropped"), 0U);
  EXPECT_EQ(numbers(target), counting(kMost));
  EXPECT_EQ(numbers(file("quick.pcapng")), counting(kMost));
  const std::uint64_t lost = record.statistics().number("/feed/packets_lost");
  EXPECT_GT(lost, 1000U) << record.statistics().all();
  EXPECT_EQ(record.statistics().number("/feed/packets_skipped"), 0U);
  EXPECT_EQ(numbers(file("stopped.pcapng")).size() + lost, kMost);
  EXPECT_NE(record.err().find("and missed"), std::string::npos) << record.err();
  EXPECT_NE(read_text(file("stopped.pcapng")).find("packets are missing here"), std::string::npos);
  EXPECT_EQ(read_text(file("quick.pcapng")).find("packets are missing here"), std::string::npos);
}

// What a client has kept says by itself what is missing from it.
TEST_F(Feed, AStreamSaysWhatIsMissingFromIt) {
  RecordRun record({"-i", "v1", "-B", "32", "-w", listen_text()});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const std::string whole = file("whole.pcapng");
  const std::string lossy = file("lossy.pcapng");
  const auto one = copy_stream(whole);
  const auto other = copy_stream(lossy);
  ASSERT_TRUE(wait_through(whole));
  ASSERT_TRUE(wait_through(lossy));
  other->signal(SIGSTOP);
  constexpr std::uint32_t kMost = 80'000;
  ASSERT_NO_FATAL_FAILURE(send_at_the_pace_of(whole, kMost, record));
  other->signal(SIGCONT);
  ASSERT_TRUE(wait_until([&] { return numbers(whole).size() == kMost; }));
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(one->wait(), 0);
  EXPECT_EQ(other->wait(), 0);
  const std::uint64_t lost = record.statistics().number("/feed/packets_lost");
  ASSERT_GT(lost, 0U);
  const Statistics proved = info_of(whole);
  EXPECT_EQ(proved.text("/loss/proof"), "proved") << proved.all();
  EXPECT_EQ(proved.number("/loss/packets_missing"), 0U) << proved.all();
  // A file from which packets are missing gives info another status.
  const Statistics missing(run_capstan({"info", "--json", lossy}).out);
  EXPECT_EQ(missing.number("/loss/packets_missing"), lost) << missing.all();
  EXPECT_EQ(numbers(lossy).size() + lost, kMost);
  EXPECT_NE(read_text(lossy).find("took them too slowly"), std::string::npos);
  expect_readable(whole, read_recording(whole).packets.size());
}

// Who watches a connection is told too, and the file that is made of it keeps it.
TEST_F(Feed, ShowSaysWhatIsMissingFromItsConnection) {
  RecordRun record({"-i", "v1", "-B", "32", "-w", listen_text()});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const std::string whole = file("whole.pcapng");
  const std::string kept = file("kept.pcapng");
  const auto copy = copy_stream(whole);
  Process show({capstan_binary(), "show", "-r", source(), "-w", kept});
  ASSERT_TRUE(wait_through(whole));
  ASSERT_TRUE(wait_through(kept)) << show.err();
  show.signal(SIGSTOP);
  constexpr std::uint32_t kMost = 80'000;
  ASSERT_NO_FATAL_FAILURE(send_at_the_pace_of(whole, kMost, record));
  show.signal(SIGCONT);
  ASSERT_TRUE(wait_until([&] { return numbers(whole).size() == kMost; }));
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(show.wait(), 0) << show.err();
  EXPECT_EQ(copy->wait(), 0);
  const std::uint64_t lost = record.statistics().number("/feed/packets_lost");
  ASSERT_GT(lost, 1000U);
  EXPECT_EQ(numbers(kept).size() + lost, kMost);
  std::string err = show.err();
  std::erase(err, ',');
  EXPECT_NE(err.find(std::to_string(lost) + " packets missing"), std::string::npos) << err;
  const Statistics said(run_capstan({"info", "--json", kept}).out);
  EXPECT_EQ(said.number("/loss/packets_dropped"), lost) << said.all();
}

// What nobody serves is refused, and was never deleted.
TEST_F(Feed, NobodyAtAnAddressIsSaidAsThat) {
  for (const char* command : {"show", "query", "audit", "info"}) {
    std::vector<std::string> words = {command, "-r", "tcp:127.0.0.1:1"};
    if (std::string(command) == "info") words.erase(words.begin() + 1);
    const ProcessResult result = run_capstan(words);
    EXPECT_EQ(result.status, 2) << command;
    EXPECT_NE(result.err.find("refused"), std::string::npos) << command << result.err;
  }
}

TEST_F(Feed, ShowAndAuditReadAConnection) {
  RecordRun record({"-i", "v1", "-B", "8", "-w", listen_text()});
  ASSERT_TRUE(record.wait_started()) << record.err();
  Process show({capstan_binary(), "show", "-nn", "-r", source(), "udp port 5000"});
  Process audit({capstan_binary(), "audit", "-r", source()});
  ASSERT_TRUE(wait_until([&] {
    send(kMarker, 1);
    return record.statistics().number("/feed/clients") == 2 &&
           show.out().find("5000: UDP") != std::string::npos;
  })) << show.err();
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(show.wait(), 0) << show.err();
  EXPECT_EQ(audit.wait(), 0) << audit.err();
  for (const char* name :
       {"tcp:127.0.0.1:1", "tcp:127.0.0.1", "tcp:", "tcp:nosuchhost.invalid:1"}) {
    for (const char* command : {"show", "audit"}) {
      const ProcessResult result = run_capstan({command, "-r", name});
      EXPECT_EQ(result.status, 2) << name << result.err;
      EXPECT_NE(result.err.find(name[4] == '\0' ? "tcp:" : std::string(name).substr(4, 9)),
                std::string::npos)
          << result.err;
    }
  }
}

TEST_F(Feed, ClientsThatNeverReadSendGarbageOrAreAThousand) {
  const std::string target = file("all.pcapng");
  RecordRun record({"-i", "v1", "-B", "16", "-w", target, "-w", listen_text()});
  ASSERT_TRUE(record.wait_started()) << record.err();
  const std::string good = file("good.pcapng");
  const auto client = copy_stream(good);
  ASSERT_TRUE(wait_through(good));
  const UniqueFd never_reads = connect_to(kPort);
  ASSERT_GE(never_reads.get(), 0);
  const UniqueFd garbage = connect_to(kPort);
  ASSERT_GE(garbage.get(), 0);
  const std::vector<char> noise(1 << 20, 'G');
  while (::send(garbage.get(), noise.data(), noise.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  std::vector<UniqueFd> many;
  for (int i = 0; i < 1000; ++i) many.push_back(connect_to(kPort));
  for (std::uint32_t sent = 0; sent < 20'000; sent += 2000) {
    send(sent, 2000, 1000);
    ASSERT_TRUE(record.wait_written(sent + 2000)) << record.err();
    ASSERT_TRUE(wait_until([&] {
      return std::filesystem::file_size(good) > std::uint64_t{sent + 2000} * 1000;
    })) << record.statistics().all();
  }
  // Every one of the thousand and three is served or refused, and no more than 64 at a time are.
  ASSERT_TRUE(wait_until([&] { return record.statistics().number("/feed/refused") == 939; }))
      << record.statistics().all();
  EXPECT_EQ(record.statistics().number("/feed/clients"), 64U);
  many.clear();
  // Places are free again when they have gone.
  ASSERT_TRUE(wait_until([&] {
    send(kMarker, 1);
    const UniqueFd again = connect_to(kPort);
    char byte = 0;
    timeval patience{1, 0};
    ::setsockopt(again.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return ::recv(again.get(), &byte, 1, 0) == 1;
  }));
  ASSERT_TRUE(wait_until([&] { return numbers(good).size() == 20'000; }));
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(client->wait(), 0);
  expect_reconciled(record.statistics());
  EXPECT_EQ(record.statistics().number("/packets_dropped"), 0U);
  EXPECT_EQ(numbers(target), counting(20'000));
  EXPECT_EQ(numbers(good), counting(20'000));
  EXPECT_NE(record.err().find("was refused"), std::string::npos) << record.err();
}

// By its name, by its number, and with all others.
class FeedOfItself : public Feed, public ::testing::WithParamInterface<const char*> {
 protected:
  // The number that -D gives an interface: "2.lo ...".
  static std::string number_of_interface(const std::string& name) {
    std::istringstream lines(run_capstan({"record", "-D"}).out);
    std::string line;
    while (std::getline(lines, line)) {
      const std::size_t dot = line.find('.');
      if (line.substr(dot + 1).starts_with(name)) return line.substr(0, dot);
    }
    return {};
  }
};

TEST_P(FeedOfItself, ItsOwnConnectionsAreNotRecorded) {
  const std::string target = file("lo.pcapng");
  const std::string named = GetParam();
  const std::string interface = named == "number" ? number_of_interface("lo") : named;
  RecordRun record({"-i", interface, "-B", "8", "-w", target, "-w", listen_text()});
  ASSERT_TRUE(record.wait_started()) << record.err();
  EXPECT_NE(record.err().find("left out of it: not (tcp port 57012)"), std::string::npos)
      << record.err();
  const std::string copy = file("copy.pcapng");
  const auto client = copy_stream(copy);
  for (int i = 0; i < 50; ++i) {
    shell("bash -c 'echo x >/dev/udp/127.0.0.1/5000'");
  }
  ASSERT_TRUE(record.wait_received(50));
  ASSERT_TRUE(wait_until([&] { return !read_recording(copy).packets.empty(); }));
  ASSERT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(client->wait(), 0);
  const ProcessResult own = run_capstan({"show", "-r", target, "--count", "tcp port 57012"});
  EXPECT_EQ(own.out, "0 packets\n") << own.err;
  EXPECT_GE(read_recording(target).packets.size(), 50U);
}

INSTANTIATE_TEST_SUITE_P(Loopback, FeedOfItself, ::testing::Values("lo", "number", "any"));

// A server that is not there yet, ends, and comes again.
TEST_F(Feed, AServerIsConnectedToAgain) {
  const std::string target = file("all.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-w", target, "-w", "tcp:127.0.0.1:57013"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  ASSERT_TRUE(wait_until([&] { return record.err().find("tried again") != std::string::npos; }));
  for (const char* name : {"first", "second"}) {
    const std::string copy = file(name);
    Process server({"python3", "-c",
                    "import socket,sys\n"
                    "s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\n"
                    "s.bind(('127.0.0.1',57013)); s.listen(); c,_=s.accept()\n"
                    "f=open(sys.argv[1],'wb',0)\n"
                    "while True:\n"
                    "  d=c.recv(65536)\n"
                    "  if not d: break\n"
                    "  f.write(d)\n",
                    copy});
    ASSERT_TRUE(wait_through(copy)) << record.err() << server.err();
    if (std::string(name) == "first") continue;  // it is killed
    send(0, 100);
    ASSERT_TRUE(wait_until([&] { return numbers(copy).size() == 100; }));
    ASSERT_EQ(record.stop(), 0) << record.err();
    EXPECT_EQ(server.wait(), 0);
    EXPECT_EQ(info_of(copy).text("/loss/proof"), "proved");
  }
  EXPECT_EQ(record.statistics().number("/feed/clients"), 2U);
}

// A name of both families, and a server that has only one: the mount namespace has names of its
// own.
TEST_F(Feed, AServerIsFoundAtWhicheverAddressOfItsName) {
  const Hosts hosts(file("hosts"), "::1 collector.test\n127.0.0.1 collector.test\n");
  ASSERT_TRUE(run({"getent", "ahosts", "collector.test"}).out.starts_with("::1"));
  Server server(57013);
  RecordRun record({"-i", "v1", "-B", "8", "-w", "tcp:collector.test:57013"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  ASSERT_TRUE(server.wait_client()) << record.err();
  EXPECT_EQ(record.err().find("tried again"), std::string::npos) << record.err();
  EXPECT_EQ(record.stop(), 0) << record.err();
}

// A boot before there is a name server: the recording begins, and the server is found when its name
// is known, by a thread that is confined too.
TEST_F(Feed, AServerWhoseNameIsNotKnownYetIsFoundLater) {
  const Hosts hosts(file("hosts"), "127.0.0.1 localhost\n");
  const std::string target = file("all.pcapng");
  RecordRun record({"-i", "v1", "-B", "8", "-w", target, "-w", "tcp:collector.test:57013"});
  ASSERT_TRUE(record.wait_started()) << record.err();
  EXPECT_NE(record.err().find("looked up again"), std::string::npos) << record.err();
  send(0, 10);
  ASSERT_TRUE(record.wait_written(10)) << record.err();
  Server server(57013);
  hosts.say("127.0.0.1 localhost\n127.0.0.1 collector.test\n");
  ASSERT_TRUE(server.wait_client()) << record.err();
  EXPECT_NE(record.err().find("its name is known now: 127.0.0.1"), std::string::npos);
  EXPECT_EQ(record.stop(), 0) << record.err();
  EXPECT_EQ(numbers(target), counting(10));
}

TEST_F(Feed, WhatCannotBeIsRefusedAtTheStart) {
  const auto refused = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"record", "-i", "v1", "-B", "8"});
    const ProcessResult result = run_capstan(std::move(arguments));
    EXPECT_EQ(result.status, 2) << result.err;
    return result.err;
  };
  EXPECT_NE(refused({"-w", "tcp-listen:0.0.0.0:57012"}).find("--allow"), std::string::npos);
  EXPECT_NE(refused({"-w", "tcp-listen:nothing"}).find("tcp-listen:PORT"), std::string::npos);
  EXPECT_NE(refused({"-w", listen_text(), "--allow", "192.0.2"}).find("no address"),
            std::string::npos);
  EXPECT_NE(refused({"-w", file("x"), "--allow", "192.0.2.1"}).find("--allow goes with"),
            std::string::npos);
  EXPECT_NE(refused({"-w", listen_text(), "--split-rings"}).find("--split-rings"),
            std::string::npos);
  RecordRun first({"-i", "v1", "-B", "8", "-w", listen_text(), "--allow", "192.0.2.0/24"});
  ASSERT_TRUE(first.wait_started()) << first.err();
  // The port is somebody's, and may be free one day: the recording is made meanwhile.
  RecordRun second({"-i", "v1", "-B", "8", "-w", file("second.pcapng"), "-w", listen_text()});
  ASSERT_TRUE(second.wait_started()) << second.err();
  EXPECT_NE(second.err().find("in use; it is tried again"), std::string::npos) << second.err();
  // Not among those who are allowed.
  const UniqueFd stranger = connect_to(kPort);
  char byte = 0;
  EXPECT_LE(::recv(stranger.get(), &byte, 1, 0), 0);
  ASSERT_TRUE(wait_until([&] { return first.statistics().number("/feed/refused") == 1; }));
  EXPECT_EQ(first.stop(), 0) << first.err();
  ASSERT_TRUE(wait_until([&] { return static_cast<bool>(connect_to(kPort)); })) << second.err();
  EXPECT_EQ(second.stop(), 0) << second.err();
}

}  // namespace
}  // namespace capstan::test
