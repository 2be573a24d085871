// FeedServer over the loopback: what is counted, who is connected to, and what the thread does.
#include "tools/feed/feed_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/format/block_head.h"
#include "engine/format/pcapng.h"
#include "tests/support/wait_until.h"

namespace capstan::tools {
namespace {

constexpr int kPatienceSeconds = 60;
constexpr std::uint32_t kBlockBytes = 16U << 20;  // four of them are all that a feed keeps
constexpr std::uint32_t kRecordBytes = 16U << 10;

using test::wait_until;

UniqueFd tcp_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return fd;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

// A port of the loopback that nobody has; `fd` gets it.
std::uint16_t bind_some_port(const UniqueFd& fd) {
  sockaddr_in at = loopback(0);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
  socklen_t size = sizeof(at);
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  return ntohs(at.sin_port);
}

void connect_to(const UniqueFd& fd, std::uint16_t port) {
  const sockaddr_in to = loopback(port);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
}

// Somebody connects, within the patience.
bool is_readable(const UniqueFd& fd) {
  pollfd wait = {fd.get(), POLLIN, 0};
  return ::poll(&wait, 1, kPatienceSeconds * 1000) == 1;
}

UniqueFd accept_one(const UniqueFd& listener) {
  UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return fd;
}

// What an epoll instance of this process waits for (proc(5), fdinfo), as long as there is one only.
UniqueFd open_epoll_listing() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry, gone) != "anon_inode:[eventpoll]") continue;
    const std::string path = "/proc/self/fdinfo/" + entry.path().filename().string();
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  return {};
}

// As the file is now.
std::string text_of(const UniqueFd& fd) {
  char text[4096];
  const ssize_t size = ::pread(fd.get(), text, sizeof(text), 0);
  EXPECT_GT(size, 0);
  return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// A thread of this process; 0: there is none of that name.
int thread_named(const std::string& name) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string comm;
    std::getline(std::ifstream(entry.path() / "comm"), comm);
    if (comm == name) return std::stoi(entry.path().filename());
  }
  return 0;
}

class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    UniqueFd lowest_free(::open("/", O_PATH | O_CLOEXEC));
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(lowest_free.get());
    lowest_free.reset();
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

class FeedServers : public ::testing::Test, public BlockHome {
 protected:
  void release(SealedBlock&) noexcept override { released_.fetch_add(1); }

  void make_server(FeedTarget target) {
    options_.targets.push_back(std::move(target));
    server_.emplace(options_);
    queue_ = &server_->add_ring(4, kBlockBytes);
  }
  // One that listens; returns its port.
  std::uint16_t make_listening_server() {
    UniqueFd taken = tcp_socket();
    const std::uint16_t port = bind_some_port(taken);
    taken.reset();
    make_server(*feed_target_of("tcp-listen:" + std::to_string(port)));
    return port;
  }

  // Puts one block of packets in, and waits until the server has copied it.
  void put_block() {
    constexpr std::uint32_t kPackets = kBlockBytes / kRecordBytes - 1;
    bytes_.assign(sizeof(BlockHead) + 4 + std::size_t{kPackets} * kRecordBytes, 0);
    total_ += kPackets;
    BlockHead head{};
    head.type = pcapng::kCapstanBlockHead;
    head.total_length = sizeof(BlockHead) + 4;
    head.magic = kBlockHeadMagic;
    head.packet_count = kPackets;
    head.received = total_;
    std::memcpy(bytes_.data(), &head, sizeof(head));
    std::memcpy(bytes_.data() + sizeof(head), &head.total_length, 4);
    for (std::uint32_t i = 0; i < kPackets; ++i) {
      std::uint8_t* const record =
          bytes_.data() + head.total_length + std::size_t{i} * kRecordBytes;
      const std::uint32_t first[2] = {pcapng::kEnhancedPacketBlock, kRecordBytes};
      std::memcpy(record, first, sizeof(first));
      std::memcpy(record + kRecordBytes - 4, &kRecordBytes, 4);
    }
    block_.data = bytes_.data();
    block_.size_bytes = static_cast<std::uint32_t>(bytes_.size());
    block_.packet_count = kPackets;
    block_.home = this;
    const std::uint64_t before = released_.load();
    BlockRef block = BlockRef::first(block_);
    ASSERT_TRUE(queue_->try_push(block));
    ASSERT_TRUE(wait_until([&] { return released_.load() > before; }));
  }

  // A client that is served, has been sent a part of the first block, and has read nothing of it.
  UniqueFd slow_client(std::uint16_t port) {
    UniqueFd client = tcp_socket();
    constexpr int kLittle = 64 << 10;
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &kLittle, sizeof(kLittle));
    connect_to(client, port);
    EXPECT_TRUE(wait_until([&] { return server_->counters().clients.get() == 1; }));
    put_block();
    EXPECT_TRUE(wait_until([&] {
      int waiting = 0;
      return ::ioctl(client.get(), FIONREAD, &waiting) == 0 && waiting > int{kRecordBytes};
    }));
    return client;
  }

  // Reads to the end and returns how many whole packets there were.
  static std::uint64_t packets_read(const UniqueFd& client) {
    std::vector<std::uint8_t> got;
    std::vector<std::uint8_t> part(1U << 20);
    ssize_t count = 0;
    while ((count = ::recv(client.get(), part.data(), part.size(), 0)) > 0) {
      got.insert(got.end(), part.begin(), part.begin() + count);
    }
    EXPECT_EQ(count, 0) << "the stream did not end";
    std::uint64_t packets = 0;
    std::uint32_t record[2];
    for (std::size_t at = 0; at + sizeof(record) <= got.size(); at += record[1]) {
      std::memcpy(record, got.data() + at, sizeof(record));
      if (record[1] < 12 || record[1] > got.size() - at) break;
      if (record[0] == pcapng::kEnhancedPacketBlock) ++packets;
    }
    return packets;
  }

  // In the server's thread each epoll_ctl fails as where nothing more may be waited for.
  void start_without_epoll_ctl() {
    std::thread([&] {  // a filter goes to the threads that its thread starts, and never goes away
      sock_filter steps[] = {
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_ctl, 0, 1),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      };
      const sock_fprog program = {std::size(steps), steps};
      ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
      ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
      server_->start({});
    })
        .join();
  }

  FeedOptions options_;
  std::vector<std::uint8_t> bytes_;
  SealedBlock block_;
  std::atomic<std::uint64_t> released_{0};
  std::uint64_t total_ = 0;
  std::optional<FeedServer> server_;
  BestEffortQueue* queue_ = nullptr;
};

// The block it is in the middle of is overwritten: what it had of that counts as sent.
TEST_F(FeedServers, EachPacketIsSentOrLostWhenAClientWasOvertaken) {
  const std::uint16_t port = make_listening_server();
  server_->start({});
  const UniqueFd client = slow_client(port);
  for (int i = 0; i < 6; ++i) put_block();
  server_->request_finish({});
  const std::uint64_t packets = packets_read(client);
  server_->join();
  EXPECT_GT(server_->counters().packets_lost.get(), 0U);
  EXPECT_EQ(server_->counters().packets_sent.get(), packets);
  EXPECT_EQ(packets + server_->counters().packets_lost.get(), total_);
}

TEST_F(FeedServers, EachPacketIsSentOrLostWhenTheEndDidNotWait) {
  const std::uint16_t port = make_listening_server();
  server_->start({});
  const UniqueFd client = slow_client(port);
  server_->request_leave();
  server_->join();
  const std::uint64_t packets = packets_read(client);
  EXPECT_GT(packets, 0U);
  EXPECT_EQ(server_->counters().packets_sent.get(), packets);
  EXPECT_EQ(packets + server_->counters().packets_lost.get(), total_);
}

// What somebody connects to when a name has several addresses: some of them refuse, of whichever
// family.
TEST_F(FeedServers, ATargetIsTriedAtAllItsAddresses) {
  const UniqueFd listener = tcp_socket();
  const std::uint16_t port = bind_some_port(listener);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  FeedTarget target = *feed_target_of("tcp:127.0.0.1:" + std::to_string(port));
  for (const char* nobody : {"127.0.0.2", "::1"}) {
    target.addresses.insert(target.addresses.begin(), resolve_tcp({nobody, port}).front());
  }
  make_server(target);
  server_->start({});
  ASSERT_TRUE(is_readable(listener));
  const UniqueFd connection = accept_one(listener);
  ASSERT_TRUE(connection);
  ASSERT_TRUE(wait_until([&] { return server_->counters().clients.get() == 1; }));
  put_block();
  server_->request_finish({});
  EXPECT_EQ(packets_read(connection), total_);
  server_->join();
}

// After the loss of one connection as well.
TEST_F(FeedServers, ATargetIsTriedAtAllItsAddressesAgain) {
  const UniqueFd listener = tcp_socket();
  const std::uint16_t port = bind_some_port(listener);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  FeedTarget target = *feed_target_of("tcp:127.0.0.1:" + std::to_string(port));
  target.addresses.insert(target.addresses.begin(), resolve_tcp({"::1", port}).front());
  make_server(target);
  server_->start({});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(is_readable(listener)) << i;
    const UniqueFd connection = accept_one(listener);
    ASSERT_TRUE(connection);
    char byte = 0;
    ASSERT_EQ(::recv(connection.get(), &byte, 1, 0), 1);
  }
}

// No recording is lost for a port that somebody else has.
TEST_F(FeedServers, AnAddressThatIsInUseIsListenedOnLater) {
  UniqueFd other = tcp_socket();
  const std::uint16_t port = bind_some_port(other);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  make_server(*feed_target_of("tcp-listen:" + std::to_string(port)));
  server_->start({});
  other.reset();
  UniqueFd client;
  ASSERT_TRUE(wait_until([&] {
    client = tcp_socket();
    const sockaddr_in to = loopback(port);
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  }));
  char byte = 0;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), 1);
}

// As the audit's and the live index's do: the threads of the recording come first.
TEST_F(FeedServers, ItsThreadGivesWay) {
  make_listening_server();
  server_->start({});
  EXPECT_TRUE(wait_until([] {
    const int thread = thread_named("feed");
    return thread != 0 && ::getpriority(PRIO_PROCESS, static_cast<id_t>(thread)) == 5;
  }));
}

// While there is no descriptor for one more, epoll would say again and again, at once, that
// somebody waits.
TEST_F(FeedServers, NobodyIsListenedToWithoutADescriptor) {
  const std::uint16_t port = make_listening_server();
  server_->start({});
  const UniqueFd watched = open_epoll_listing();
  ASSERT_TRUE(watched);
  EXPECT_NE(text_of(watched).find("tfd:"), std::string::npos);
  const UniqueFd client = tcp_socket();
  {
    const NoMoreDescriptors none;
    connect_to(client, port);
    EXPECT_TRUE(wait_until([&] { return text_of(watched).find("tfd:") == std::string::npos; }));
  }
  char byte = 0;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), 1);
  EXPECT_EQ(server_->counters().clients.get(), 1U);
}

// The kernel has a most of what may be waited for (epoll(7), max_user_watches).
TEST_F(FeedServers, AConnectionThatCannotBeWaitedForIsMadeAgain) {
  const UniqueFd listener = tcp_socket();
  const std::uint16_t port = bind_some_port(listener);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  make_server(*feed_target_of("tcp:127.0.0.1:" + std::to_string(port)));
  start_without_epoll_ctl();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(is_readable(listener)) << i;
    const UniqueFd connection = accept_one(listener);
    ASSERT_TRUE(connection);
    char byte = 0;
    const ssize_t count = ::recv(connection.get(), &byte, 1, 0);
    EXPECT_TRUE(count == 0 || (count < 0 && errno == ECONNRESET)) << count;
  }
  EXPECT_EQ(server_->counters().clients.get(), 0U);
}

TEST_F(FeedServers, AClientThatCannotBeWaitedForIsCounted) {
  const std::uint16_t port = make_listening_server();
  start_without_epoll_ctl();
  const UniqueFd client = tcp_socket();
  connect_to(client, port);
  EXPECT_TRUE(wait_until([&] { return server_->counters().refused.get() == 1; }));
  EXPECT_EQ(server_->counters().clients.get(), 0U);
}

}  // namespace
}  // namespace capstan::tools
