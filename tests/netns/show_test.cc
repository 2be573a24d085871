// `capstan show` on a live link, as the tutorial uses it.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>

#include "tests/support/process.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"

namespace capstan::test {
namespace {

// A POP3 login in the clear on 127.0.0.1, by python: one connection, over when this returns.
constexpr char kLogin[] = R"(
import socket, threading
listener = socket.create_server(('127.0.0.1', 110))
def serve():
    peer, _ = listener.accept()
    peer.sendall(b'+OK ready\r\n'); peer.recv(100)
    peer.sendall(b'+OK\r\n'); peer.close()
thread = threading.Thread(target=serve); thread.start()
client = socket.create_connection(('127.0.0.1', 110)); client.recv(100)
client.sendall(b'USER alice\r\n'); client.recv(100); client.close(); thread.join()
)";

class ShowLive : public Sandbox {
 protected:
  static std::vector<std::string> show(std::vector<std::string> words) {
    words.insert(words.begin(), {capstan_binary(), "show"});
    return words;
  }
  static void wait_listening(const Process& process) {
    ASSERT_TRUE(wait_until([&] { return process.err().find("listening on") != std::string::npos; }))
        << process.err();
  }
  // The socket hears a moment after the line: traffic is repeated until something is seen.
  static void login_until(const std::function<bool()>& seen) {
    ASSERT_TRUE(wait_until([&] {
      shell(std::string("python3 - <<'END'\n") + kLogin + "END\n");
      return seen();
    }));
  }
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(ShowLive, Port110PrintsTheLoginAndEndsWithTcpdumpsSummary) {
  Process process(show({"-l", "-i", "lo", "-A", "port", "110"}));
  wait_listening(process);
  EXPECT_TRUE(contains(process.err(), "link-type EN10MB (Ethernet), snapshot length 262144 bytes"));
  login_until([&] { return contains(process.out(), "USER alice"); });
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 0) << process.err();
  const std::string lines = process.out();
  EXPECT_TRUE(contains(lines, "localhost.pop3: Flags [S], seq ") ||
              contains(lines, "127.0.0.1.pop3: Flags [S], seq "))
      << lines;
  EXPECT_TRUE(contains(lines, "mss "));
  EXPECT_TRUE(contains(lines, "sackOK"));
  EXPECT_TRUE(contains(lines, "wscale"));
  for (const char* what :
       {" captured\n", " received by filter\n", "0 packets dropped by kernel\n"}) {
    EXPECT_TRUE(contains(process.err(), what)) << process.err();
  }
}

TEST_F(ShowLive, WritesAndPrintsAtOnceAndStopsAtTheCount) {
  const std::string target = file("live.pcap");
  Process process(show({"-nn", "-l", "-i", "lo", "-c", "6", "-w", target, "--print", "tcp"}));
  wait_listening(process);
  login_until([&] { return !process.is_running(); });
  EXPECT_EQ(process.wait(), 0) << process.err();
  EXPECT_TRUE(contains(process.err(), "6 packets captured"));
  const std::string lines = process.out();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 6);
  // The file by tcpdump gives the lines that were printed.
  EXPECT_EQ(run({"tcpdump", "-nn", "-r", target}).out, lines);
}

// lo's network is 127.0.0.0/8, and the other host's address is one of its own beside that.
TEST_F(ShowLive, ForeignHostsAreNumbersWhenAskedFor) {
  std::ofstream(file("hosts")) << "127.0.0.1 near.test\n203.0.113.9 far.test\n";
  shell("mount --bind " + file("hosts") + " /etc/hosts && ip address add 203.0.113.9/32 dev lo");
  for (const bool asked : {false, true}) {
    std::vector<std::string> words = {"-l", "-i", "lo", "-c", "1", "udp", "port", "9999"};
    if (asked) words.insert(words.begin(), "-f");
    Process process(show(words));
    wait_listening(process);
    ASSERT_TRUE(wait_until([&] {
      shell(
          "python3 -c \"import socket; s = socket.socket(type=socket.SOCK_DGRAM); "
          "s.bind(('127.0.0.1', 0)); s.sendto(b'x', ('203.0.113.9', 9999))\"");
      return !process.is_running();
    }));
    const std::string line = process.out();
    EXPECT_TRUE(contains(line, "near.test.")) << line;
    EXPECT_TRUE(contains(line, asked ? "> 203.0.113.9.9999:" : "> far.test.9999:")) << line;
  }
}

TEST_F(ShowLive, RefusalsNameTheObject) {
  const ProcessResult unknown = run(show({"-i", "nosuch0"}));
  EXPECT_EQ(unknown.status, 2);
  EXPECT_TRUE(contains(unknown.err, "nosuch0")) << unknown.err;
  const ProcessResult type = run(show({"-i", "lo", "-y", "PPP"}));
  EXPECT_EQ(type.status, 2);
  EXPECT_TRUE(contains(type.err, "-y PPP: lo has the link type EN10MB")) << type.err;
  const ProcessResult host = run(show({"-i", "lo", "host", "nosuch.invalid"}));
  EXPECT_EQ(host.status, 2);
  EXPECT_TRUE(contains(host.err, "nosuch.invalid")) << host.err;
}

}  // namespace
}  // namespace capstan::test
