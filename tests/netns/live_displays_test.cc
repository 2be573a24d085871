// What a person sees of a command that draws: on terminals of several widths, resized while it
// runs, on one that cannot draw, and in a pipe.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "tests/support/process.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/screen.h"

namespace capstan::test {
namespace {

// POP3 logins in the clear at ten servers of the loopback.
constexpr char kLogins[] = R"(
import socket, threading
for last in range(1, 11):
    listener = socket.create_server(('127.0.0.%d' % last, 110))
    def serve():
        peer, _ = listener.accept()
        peer.sendall(b'+OK ready\r\n'); peer.recv(100)
        peer.sendall(b'+OK\r\n'); peer.recv(100); peer.sendall(b'+OK\r\n'); peer.close()
    thread = threading.Thread(target=serve); thread.start()
    client = socket.create_connection(('127.0.0.%d' % last, 110)); client.recv(100)
    client.sendall(b'USER alice\r\n'); client.recv(100)
    client.sendall(b'PASS secret\r\n'); client.recv(100)
    client.close(); thread.join(); listener.close()
)";

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++count;
  return count;
}

std::size_t lines_with(const std::vector<std::string>& lines, const std::string& part) {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
    return line.find(part) != std::string::npos;
  }));
}

class LiveDisplays : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }
  // Runs with both outputs on the screen.
  static ProcessOptions on(const Screen& screen) {
    ProcessOptions options;
    options.in_child = [fd = screen.fd()] {
      ::dup2(fd, STDOUT_FILENO);
      ::dup2(fd, STDERR_FILENO);
    };
    return options;
  }
  static void traffic() { shell(std::string("python3 - <<'END'\n") + kLogins + "END\n"); }

  // Until it was drawn twice more, as `mark` shows that each drawing has once.
  static void wait_drawn(Screen& screen, const std::string& mark) {
    const std::size_t before = count_of(screen.sent(), mark);
    ASSERT_TRUE(wait_until([&] { return count_of(screen.sent(), mark) >= before + 2; }))
        << screen.sent();
  }
  static void resize(Screen& screen, const Process& process, int columns) {
    process.signal(SIGSTOP);
    screen.resize(columns);
    process.signal(SIGCONT);
  }
};

TEST_F(LiveDisplays, AuditsTableFitsAndLeavesNothingBehind) {
  for (const int first : {80, 40}) {
    Screen screen(first);
    Process process({capstan_binary(), "audit", "-i", "lo"}, on(screen));
    ASSERT_TRUE(
        wait_until([&] { return screen.sent().find("listening on") != std::string::npos; }));
    traffic();
    // A session is in the table once it is over for good.
    ASSERT_TRUE(wait_until([&] {
      const std::vector<std::string> lines = screen.lines();
      return std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
               return line.rfind("127.0.0.", 0) == 0;
             }) == 10;
    })) << screen.sent();
    for (const int columns : {first, 300, 40, 120}) {
      resize(screen, process, columns);
      wait_drawn(screen, "verdict");
      const std::vector<std::string> lines = screen.lines();
      EXPECT_EQ(lines_with(lines, "verdict"), 1U) << "a heading was left behind at " << columns;
      EXPECT_EQ(lines_with(lines, "cleartext login:"), 10U);
      const auto heading = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
        return line.find("verdict") != std::string::npos;
      });
      for (auto line = heading; line != lines.end(); ++line) {
        EXPECT_LE(static_cast<int>(line->size()), columns) << *line;
      }
      EXPECT_EQ(lines.end() - heading, 11);
      if (columns >= 120) {
        EXPECT_NE(heading->find("logins in clear"), std::string::npos);
      }
    }
    process.signal(SIGINT);
    EXPECT_EQ(process.wait(), 4);
    EXPECT_EQ(lines_with(screen.lines(), "verdict"), 1U) << "the report's";
  }
}

// On a link where somebody logs in all the time it would never be seen otherwise.
TEST_F(LiveDisplays, AuditsTableStaysBelowTheLoginsThatCome) {
  Screen screen(80);
  Process process({capstan_binary(), "audit", "-i", "lo"}, on(screen));
  ASSERT_TRUE(wait_until([&] { return screen.sent().find("verdict") != std::string::npos; }));
  traffic();
  ASSERT_TRUE(
      wait_until([&] { return screen.sent().find("cleartext login:") != std::string::npos; }));
  const std::vector<std::string> lines = screen.lines();
  EXPECT_EQ(lines_with(lines, "verdict"), 1U) << screen.sent();
  const auto last_login = std::find_if(lines.rbegin(), lines.rend(), [](const std::string& line) {
    return line.find("cleartext login: pop3") != std::string::npos;
  });
  EXPECT_EQ(lines_with({last_login.base(), lines.end()}, "verdict"), 1U) << "the table is above it";
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(), 4);
  EXPECT_EQ(count_of(screen.sent(), "cleartext login: pop3"), 10U);
}

TEST_F(LiveDisplays, TheRecordersLineIsOneLineAtAnyWidth) {
  for (const int first : {40, 80, 300}) {
    Screen screen(first);
    Process process({capstan_binary(), "record", "-i", "lo", "-B", "8", "-w", file("x.pcapng")},
                    on(screen));
    ASSERT_TRUE(
        wait_until([&] { return screen.sent().find("listening on") != std::string::npos; }));
    for (const int columns : {first, 120, 57, 200, 41}) {
      resize(screen, process, columns);
      wait_drawn(screen, "Gb/s");
      std::vector<std::string> lines = screen.lines();
      ASSERT_EQ(lines.size(), 2U) << "what was announced, and one line of figures at " << columns;
      EXPECT_LE(static_cast<int>(lines[1].size()), columns) << lines[1];
      EXPECT_TRUE(lines[1].find("dropped 0") != std::string::npos ||
                  lines[1].find("lost 0") != std::string::npos)
          << lines[1];
      EXPECT_EQ(columns >= 120, lines[1].find("disk ") != std::string::npos) << lines[1];
    }
    // Something said in between stands above it, whole.
    process.signal(SIGUSR2);
    ASSERT_TRUE(
        wait_until([&] { return screen.sent().find("records lo to") != std::string::npos; }));
    wait_drawn(screen, "Gb/s");
    EXPECT_EQ(lines_with(screen.lines(), "Gb/s"), 1U);
    process.signal(SIGINT);
    EXPECT_EQ(process.wait(), 0);
    EXPECT_LE(lines_with(screen.lines(), "Gb/s"), 1U);
    EXPECT_EQ(lines_with(screen.lines(), "reconciled:"), 1U);
  }
}

TEST_F(LiveDisplays, ARecorderThatCannotDrawSaysWhatItDoesAllTheSame) {
  ::setenv("TERM", "dumb", 1);
  Screen screen(80);
  Process process({capstan_binary(), "record", "-i", "lo", "-B", "8", "-a", "duration:1.2", "-w",
                   file("x.pcapng")},
                  on(screen));
  EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(screen.sent().find('\033'), std::string::npos);
  EXPECT_NE(screen.sent().find("listening on lo, recording to "), std::string::npos);
  EXPECT_EQ(screen.sent().find("Gb/s"), std::string::npos);
  const ProcessResult piped =
      run_capstan({"record", "-i", "lo", "-B", "8", "-a", "duration:1.2", "-w", file("y.pcapng")});
  EXPECT_NE(piped.err.find("listening on lo, recording to "), std::string::npos);
  EXPECT_EQ(piped.err.find('\r'), std::string::npos);
}

TEST_F(LiveDisplays, NamesOfFilesDoNotSteerTheTerminal) {
  const std::string evil = file("a\033[2Jb\nc.pcapng");
  const ProcessResult ended =
      run_capstan({"record", "-i", "lo", "-B", "8", "-a", "duration:0.1", "-w", evil});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err.find('\033'), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("a?[2Jb?c.pcapng ("), std::string::npos) << ended.err;
}

TEST_F(LiveDisplays, NothingIsDrawnWhereItCannotBe) {
  for (const bool dumb : {true, false}) {
    if (dumb) ::setenv("TERM", "dumb", 1);
    Screen screen(80);
    Process process({capstan_binary(), "audit", "-i", "lo", "--seconds", "2"},
                    dumb ? on(screen) : ProcessOptions());
    const auto said = [&] { return dumb ? screen.sent() : process.out() + process.err(); };
    ASSERT_TRUE(wait_until([&] { return said().find("listening on") != std::string::npos; }));
    traffic();
    EXPECT_EQ(process.wait(), 4);
    EXPECT_EQ(said().find('\033'), std::string::npos) << said();
    EXPECT_EQ(count_of(said(), "verdict"), 1U) << "the report's alone";
    EXPECT_EQ(count_of(said(), "cleartext login:"), 10U);
  }
}

}  // namespace
}  // namespace capstan::test
