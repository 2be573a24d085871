// What a process that reads may still do once it has locked itself down: each case in a child.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "engine/core/files.h"
#include "engine/core/unique_fd.h"
#include "tests/support/temp_dir.h"
#include "tools/privileges/privileges.h"

namespace capstan::tools {
namespace {

// The exit status of a child that does this; 99 when it throws.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(work());
    } catch (...) {
      ::_exit(99);
    }
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = at(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const noexcept { return port_; }

  static sockaddr_in at(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

 private:
  UniqueFd socket_;
  std::uint16_t port_ = 0;
};

// 0, or the errno value of the call that is refused.
int connect_to(std::uint16_t port) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  const sockaddr_in address = Listener::at(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0
             ? 0
             : errno;
}

int write_in(const std::string& folder) {
  const UniqueFd file = open_nameless_file(folder);
  if (!file) return errno;
  const bool works = ::write(file.get(), "x", 1) == 1 && ::ftruncate(file.get(), 0) == 0;
  return works ? 0 : errno;
}

int read_of(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) ? 0 : errno;
}

int make_pair() {
  int ends[2];
  return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 ? 0 : errno;
}

class LockDownReader : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_lock_down()) GTEST_SKIP() << "this build has a sanitizer";
    abi_ = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1U);
    if (abi_ < 3) GTEST_SKIP() << "Landlock of this kernel: " << abi_;
    const std::uint8_t byte = 1;
    outside_ = folder_.write("outside", {&byte, 1});
  }

  test::TempDir folder_;
  test::TempDir temporary_;
  std::string outside_;
  Listener allowed_;
  Listener other_;
  long abi_ = 0;
};

TEST_F(LockDownReader, ConnectsToNobody) {
  EXPECT_EQ(in_child([&] {
              lock_down_reader({});
              return connect_to(allowed_.port());
            }),
            EPERM);
  EXPECT_EQ(in_child([&] {
              lock_down_reader({});
              return write_in(temporary_.path());
            }),
            EACCES);
  EXPECT_EQ(in_child([&] {
              lock_down_reader({});
              return make_pair();
            }),
            EPERM);
}

TEST_F(LockDownReader, ConnectsAndWaitsWhereItIsLet) {
  const auto locked = [&](const std::function<int()>& work) {
    return in_child([&] {
      ReaderNeeds needs;
      needs.connects = true;
      needs.ports = {allowed_.port()};
      needs.temporary_folder = temporary_.path();
      lock_down_reader({}, needs);
      return work();
    });
  };
  EXPECT_EQ(locked([&] { return connect_to(allowed_.port()); }), 0);
  EXPECT_EQ(locked(make_pair), 0);  // to wait for the name of a host
  EXPECT_EQ(locked([&] { return connect_to(other_.port()); }), abi_ >= 4 ? EACCES : 0);
  EXPECT_EQ(locked([&] { return write_in(temporary_.path()); }), 0);
  EXPECT_EQ(locked([&] { return write_in(folder_.path()); }), EACCES);
  EXPECT_EQ(locked([&] { return read_of(outside_); }), EACCES);
  EXPECT_EQ(locked([&] { return read_of("/etc/hosts"); }), 0);
  EXPECT_EQ(locked([&] { return UniqueFd(::socket(AF_PACKET, SOCK_RAW, 0)) ? 0 : errno; }), EPERM);
}

TEST_F(LockDownReader, ASenderLooksNamesUpToo) {
  EXPECT_EQ(in_child([&] {
              lock_down_sender({}, {temporary_.path()}, {});
              return make_pair();
            }),
            0);
}

}  // namespace
}  // namespace capstan::tools
