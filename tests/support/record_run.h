// RecordRun: one `capstan record` of a test, its statistics, and what other programs say of its
// files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace capstan::test {

// The binary under test: the one built beside the tests, or what CAPSTAN_BINARY in the environment
// names.
std::string capstan_binary();
ProcessResult run_capstan(std::vector<std::string> arguments, ProcessOptions options = {});

// Statistics as `capstan record --stats-json` writes them. Members are named by JSON pointer:
// "/packets_received", "/rings/0/cpu". A missing member throws.
class Statistics {
 public:
  Statistics();
  explicit Statistics(const std::string& json);
  ~Statistics();
  Statistics(Statistics&&) noexcept;
  Statistics& operator=(Statistics&&) noexcept;

  explicit operator bool() const noexcept;  // whether there is anything
  std::uint64_t number(const std::string& pointer) const;
  std::string text(const std::string& pointer) const;
  bool flag(const std::string& pointer) const;
  std::size_t size(const std::string& pointer) const;  // of an array
  std::string all() const;

 private:
  struct Json;
  std::unique_ptr<Json> json_;
};

// Starts recording at once; statistics come all the time.
class RecordRun {
 public:
  // `arguments` follow `capstan record`.
  explicit RecordRun(const std::vector<std::string>& arguments, ProcessOptions options = {});

  // Waits until it captures: what is sent from now on is in it. False when it ended instead.
  [[nodiscard]] bool wait_started();
  // Waits until so many packets were received, dropped ones included.
  [[nodiscard]] bool wait_received(std::uint64_t packets);
  [[nodiscard]] bool wait_written(std::uint64_t packets);
  // Ends it and returns its exit status. The statistics are then the final ones.
  int stop(int signal = 2);
  int wait();
  // The latest statistics.
  Statistics statistics() const;

  Process& process() { return process_; }
  std::string err() const { return process_.err(); }

 private:
  bool wait_for(const std::string& pointer, std::uint64_t number);

  TempDir directory_;
  std::string statistics_path_;
  Process process_;
};

// Asserted of every recording that ended: it says it reconciles, and by its own numbers it does.
// Nothing is left behind but after a second interrupt.
enum class LeftBehind : bool { kNothing, kAfterSecondInterrupt };
void expect_reconciled(const Statistics& statistics, LeftBehind left = LeftBehind::kNothing);

// capinfos, tcpdump, tshark and editcap open the file, find `packets` packets and say nothing on
// standard error.
void expect_readable(const std::string& path, std::uint64_t packets);

// `capstan info --json` of a file, and `capstan verify --json` of some.
Statistics info_of(const std::string& path);
Statistics verify_of(const std::vector<std::string>& files, std::uint64_t expected);

}  // namespace capstan::test
