// What the writers' io_uring can do, and what it refuses: the operations that seccomp cannot see.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "engine/core/unique_fd.h"
#include "tests/support/temp_dir.h"
#include "writers/io/uring_backend.h"

namespace capstan {
namespace {

class WritingRing : public testing::Test {
 protected:
  void SetUp() override {
    const int result = open_writing_ring(8, ring_);
    ASSERT_EQ(result, 0) << "no io_uring here";
  }
  void TearDown() override { ::io_uring_queue_exit(&ring_); }

  // The result of one operation.
  int result_of(const std::function<void(io_uring_sqe*)>& prepare) {
    io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
    prepare(sqe);
    io_uring_cqe* cqe = nullptr;
    if (::io_uring_submit_and_wait(&ring_, 1) < 0 || ::io_uring_wait_cqe(&ring_, &cqe) != 0) {
      return -EBADE;
    }
    const int result = cqe->res;
    ::io_uring_cqe_seen(&ring_, cqe);
    return result;
  }

  test::TempDir folder_;
  io_uring ring_{};
};

TEST_F(WritingRing, WritesSyncsAndPreallocates) {
  const std::string path = folder_.path() / "file";
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  EXPECT_EQ(result_of([&](auto* sqe) { ::io_uring_prep_write(sqe, file.get(), "abc", 3, 0); }), 3);
  EXPECT_EQ(result_of([&](auto* sqe) { ::io_uring_prep_fsync(sqe, file.get(), 0); }), 0);
  EXPECT_EQ(result_of([&](auto* sqe) { ::io_uring_prep_fallocate(sqe, file.get(), 0, 0, 4096); }),
            0);
}

TEST_F(WritingRing, OpensConnectsReadsAndRunsNothing) {
  const std::string path = folder_.path() / "file";
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(file && socket);
  char buffer[4] = {};
  const sockaddr address{AF_UNIX, {}};
  const std::function<void(io_uring_sqe*)> refused[] = {
      [&](auto* sqe) { ::io_uring_prep_openat(sqe, AT_FDCWD, path.c_str(), O_RDONLY, 0); },
      [&](auto* sqe) { ::io_uring_prep_read(sqe, file.get(), buffer, sizeof(buffer), 0); },
      [&](auto* sqe) { ::io_uring_prep_unlink(sqe, path.c_str(), 0); },
      [&](auto* sqe) { ::io_uring_prep_connect(sqe, socket.get(), &address, sizeof(address)); },
      [&](auto* sqe) { ::io_uring_prep_send(sqe, socket.get(), buffer, sizeof(buffer), 0); },
      [&](auto* sqe) { ::io_uring_prep_socket(sqe, AF_INET, SOCK_STREAM, 0, 0); },
      [&](auto* sqe) { ::io_uring_prep_nop(sqe); },
  };
  for (const auto& prepare : refused) EXPECT_EQ(result_of(prepare), -EACCES);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  EXPECT_EQ(::io_uring_register_eventfd(&ring_, file.get()), -EACCES);
}

}  // namespace
}  // namespace capstan
