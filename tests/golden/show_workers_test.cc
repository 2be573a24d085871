// `capstan show -r` prints the same bytes with any number of decode workers, also where hardly a
// batch fits between them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tests/support/captures.h"
#include "tests/support/temp_dir.h"
#include "tools/show/file_show.h"
#include "tools/show/show_cli.h"

namespace capstan {
namespace {

// Flags, as typed: between them they show all that depends on other packets (numbers, times,
// relative TCP numbers, limits) and all styles.
const std::vector<std::vector<std::string>> kFlagSets = {
    {"-nn"},
    {"-nn", "-v", "-e", "-tttt", "-#"},
    {"-nn", "-vvv", "-ttt", "-X"},
    {"-nn", "-S", "-ttttt", "-#", "-c", "37"},
    {"-n", "-q", "-l", "-ttt", "less", "200"},
    {"-nn", "--json"},
    {"-nn", "--columns", "--color=always", "-ttttt"},
};

// Standard output and error of this process, for as long as it lives.
class Redirect {
 public:
  Redirect()
      : output_(::memfd_create("lines", MFD_CLOEXEC)),
        old_output_(::dup(STDOUT_FILENO)),
        old_error_(::dup(STDERR_FILENO)) {
    const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    std::fflush(nullptr);
    ::dup2(output_.get(), STDOUT_FILENO);
    ::dup2(nowhere.get(), STDERR_FILENO);
  }
  ~Redirect() {
    std::fflush(nullptr);
    ::dup2(old_output_.get(), STDOUT_FILENO);
    ::dup2(old_error_.get(), STDERR_FILENO);
  }

  std::string text() const {
    std::string bytes(static_cast<std::size_t>(::lseek(output_.get(), 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(output_.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

 private:
  UniqueFd output_;
  UniqueFd old_output_;
  UniqueFd old_error_;
};

struct Shape {
  int workers;
  std::size_t batches;
  std::size_t batch_packets;
};

std::string show(const std::string& file, const std::vector<std::string>& flags,
                 const Shape& shape) {
  std::vector<std::string> words = {"show", "-r", file};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  tools::ShowOptions options =
      *tools::parse_show_options(static_cast<int>(arguments.size()), arguments.data());
  options.decode_workers = shape.workers;
  options.decode_batches = shape.batches;
  options.decode_batch_packets = shape.batch_packets;
  const Redirect redirect;
  std::string refusal;
  try {
    tools::show_files(options);
  } catch (const std::exception& error) {
    refusal = error.what();  // no capture file, or no such filter for its link type
  }
  return redirect.text() + refusal;
}

void expect_same(const std::string& file, const std::vector<std::string>& flags, const Shape& shape,
                 const std::string& expected) {
  const std::string lines = show(file, flags, shape);
  if (lines == expected) return;
  std::size_t at = 0;
  while (at < lines.size() && at < expected.size() && lines[at] == expected[at]) ++at;
  const std::size_t begin = at < 200 ? 0 : at - 200;
  std::string words;
  for (const std::string& flag : flags) words += ' ' + flag;
  ADD_FAILURE() << file << words << ", " << shape.workers << " workers, " << shape.batches
                << " batches of " << shape.batch_packets << ", from byte " << at << ":\n"
                << lines.substr(begin, 400) << "\n---- one thread:\n"
                << expected.substr(begin, 400);
}

constexpr Shape kInPlace{0, 1, 1};

TEST(ShowWorkers, EveryNumberOfThemPrintsTheSameOfMixedTraffic) {
  const test::TempDir dir;
  const std::string file = dir.path() / "mixed.pcap";
  const std::string captures = (test::captures() / "core").string();
  const std::string command = CAPSTAN_SOURCE_DIR "/bench/make_mixed_capture " + file +
                              " --packets 20000 --captures '" + captures + "' 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  for (const std::vector<std::string>& flags : kFlagSets) {
    const std::string expected = show(file, flags, kInPlace);
    ASSERT_FALSE(expected.empty());
    for (const Shape& shape : {Shape{1, 1, 64}, Shape{2, 1, 7}, Shape{3, 2, 64}, Shape{1, 16, 1024},
                               Shape{2, 16, 1024}, Shape{3, 16, 1024}}) {
      expect_same(file, flags, shape, expected);
    }
  }
}

// Compressed and piped files are streamed: packets are copied, as nothing else keeps them.
TEST(ShowWorkers, StreamedFilesPrintTheSame) {
  const test::TempDir dir;
  const std::string file = dir.path() / "mixed.pcap";
  const std::string command = CAPSTAN_SOURCE_DIR "/bench/make_mixed_capture " + file +
                              " --packets 5000 --captures /nonexistent 2>/dev/null && gzip -k " +
                              file;
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const std::string expected = show(file, kFlagSets[0], kInPlace);
  EXPECT_EQ(show(file + ".gz", kFlagSets[0], kInPlace), expected);
  for (const Shape& shape : {Shape{1, 1, 5}, Shape{2, 3, 100}, Shape{3, 16, 1024}}) {
    expect_same(file + ".gz", kFlagSets[0], shape, expected);
  }
}

// Every protocol there is a capture of, with each flag set and number of workers in turn.
TEST(ShowWorkers, EveryCapturePrintsTheSame) {
  const std::vector<std::filesystem::path> files = test::capture_files();
  ASSERT_FALSE(files.empty());
#ifdef __SANITIZE_THREAD__
  constexpr std::size_t kStep = 16;
#else
  constexpr std::size_t kStep = 1;
#endif
  for (std::size_t index = 0; index < files.size(); index += kStep) {
    for (std::size_t set = index % 2; set < kFlagSets.size(); set += 2) {
      const std::string expected = show(files[index], kFlagSets[set], kInPlace);
      const int workers = 1 + static_cast<int>((index / kStep + set) % 3);
      expect_same(files[index], kFlagSets[set], {workers, 1 + index % 4, 1 + index % 50}, expected);
    }
  }
}

}  // namespace
}  // namespace capstan
