// Small things about files that several parts stand on: pieces read whole, names made durable,
// files without a name, files with a secret.
#include "engine/core/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/read_all.h"
#include "engine/format/part_name.h"
#include "tests/support/temp_dir.h"
#include "tools/common/open_output.h"
#include "tools/common/secret_file.h"
#include "tools/common/small_file.h"

namespace capstan {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::string refusal_of(const std::string& path) {
  try {
    static_cast<void>(tools::read_secret_line("--password-file", path));
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(Files, APieceIsReadWholeOrNotAtAll) {
  const test::TempDir dir;
  const std::string path = dir.write("x", Bytes{1, 2, 3, 4, 5});
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<std::uint8_t, 3> piece{};
  EXPECT_EQ(pread_all(fd.get(), piece, 2), 0);
  EXPECT_EQ(piece, (std::array<std::uint8_t, 3>{3, 4, 5}));
  EXPECT_EQ(pread_all(fd.get(), piece, 3), EIO) << "the file ends before";
  EXPECT_EQ(pread_all(-1, piece, 0), EBADF);
}

TEST(Files, ADirectoryIsMadeDurableAndAFileIsNone) {
  const test::TempDir dir;
  EXPECT_EQ(sync_directory(dir.path().string()), 0);
  EXPECT_EQ(sync_directory(dir.write("x", Bytes{1})), ENOTDIR);
  EXPECT_EQ(sync_directory((dir.path() / "none").string()), ENOENT);
}

// Signals are blocked in record and serve: what waited for a reader could only be killed.
TEST(Files, AnOutputWaitsForTheReaderOfAPipeAndNotForEver) {
  const test::TempDir dir;
  const std::string pipe = (dir.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  try {
    static_cast<void>(tools::open_output(pipe, "the names", tools::OutputStart::kEmptied, 50));
    FAIL() << "nobody reads it";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENXIO);
    EXPECT_NE(std::string(error.what()).find("Nobody reads this pipe"), std::string::npos)
        << error.what();
  }
  UniqueFd reader;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    reader = UniqueFd(::open(pipe.c_str(), O_RDONLY | O_CLOEXEC));
  });
  constexpr int kPatienceMs = 60'000;
  const UniqueFd written =
      tools::open_output(pipe, "the names", tools::OutputStart::kAppended, kPatienceMs);
  later.join();
  EXPECT_EQ(::fcntl(written.get(), F_GETFL) & O_NONBLOCK, 0) << "who writes waits";
  EXPECT_EQ(::write(written.get(), "x", 1), 1);
  char letter = 0;
  EXPECT_EQ(::read(reader.get(), &letter, 1), 1);
  EXPECT_EQ(letter, 'x');
}

TEST(Files, AnOutputIsEmptiedOrAppendedTo) {
  const test::TempDir dir;
  const std::string path = dir.write("x", Bytes{'a', 'b'});
  const auto put = [&](tools::OutputStart start) {
    const UniqueFd file = tools::open_output(path, "the names", start);
    EXPECT_EQ(::write(file.get(), "c", 1), 1);
    return std::filesystem::file_size(path);
  };
  EXPECT_EQ(put(tools::OutputStart::kAppended), 3U);
  EXPECT_EQ(put(tools::OutputStart::kEmptied), 1U);
}

TEST(Files, ASmallFileIsReadAndAPipeIsNotWaitedForForEver) {
  const test::TempDir dir;
  const auto refusal = [](const std::string& path) -> std::string {
    try {
      static_cast<void>(tools::read_small_file("--config", path, 50));
    } catch (const UsageError& error) {
      return error.what();
    }
    return "read";
  };
  EXPECT_EQ(tools::read_small_file("--config", dir.write("x", Bytes{'a', 0, 'b'})),
            std::string("a\0b", 3));
  EXPECT_EQ(tools::read_small_file("--config", dir.write("empty", Bytes{})), "");
  EXPECT_EQ(refusal(dir.path()), "--config " + dir.path().string() + ": it is a directory");
  const std::string none = dir.path() / "none";
  EXPECT_EQ(refusal(none), "--config " + none + ": No such file or directory");
  const Bytes large(tools::kMostSmallFileBytes + 1, 'x');
  EXPECT_NE(refusal(dir.write("large", large)).find("1048576 bytes"), std::string::npos);
  // Nobody writes; then somebody who writes nothing; then text in two pieces.
  const std::string fifo = dir.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_NE(refusal(fifo).find("a pipe whose end does not come"), std::string::npos);
  UniqueFd writer(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(writer);
  EXPECT_NE(refusal(fifo).find("a pipe whose end does not come"), std::string::npos);
  writer.reset();
  const std::jthread both([&] {
    const UniqueFd own(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));  // waits for the reader
    EXPECT_EQ(::write(own.get(), "one ", 4), 4);
    std::this_thread::yield();
    EXPECT_EQ(::write(own.get(), "two", 3), 3);
  });
  EXPECT_EQ(tools::read_small_file("--config", fifo), "one two");
}

TEST(Files, ANamelessFileLeavesNothing) {
  const test::TempDir dir;
  const UniqueFd file = open_nameless_file(dir.path().string());
  ASSERT_TRUE(file);
  EXPECT_EQ(::write(file.get(), "abc", 3), 3);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  EXPECT_FALSE(open_nameless_file((dir.path() / "none").string()));
}

TEST(Files, HiddenNamesLieBesideTheirFile) {
  EXPECT_EQ(new_path("a/b.cidx"), "a/.b.cidx.new");
  EXPECT_EQ(part_path("b"), ".b.part");
}

TEST(SecretFile, IsOneLineThatNotEverybodyReads) {
  const test::TempDir dir;
  const std::string path = dir.write("p", Bytes{'a', ' ', 'b', '\r', '\n', 'c'});
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(tools::read_secret_line("--password-file", path), "a b");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(refusal_of(path),
            "--password-file " + path + ": everybody here can read it: chmod 640 " + path);
  EXPECT_EQ(refusal_of((dir.path() / "none").string()),
            "--password-file " + (dir.path() / "none").string() + ": No such file or directory");
  const std::string empty = dir.write("e", Bytes{'\n', 'x'});
  ASSERT_EQ(::chmod(empty.c_str(), 0600), 0);
  EXPECT_EQ(refusal_of(empty), "--password-file " + empty + ": its first line is empty");
}

}  // namespace
}  // namespace capstan
