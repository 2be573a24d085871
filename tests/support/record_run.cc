#include "tests/support/record_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace capstan::test {

struct Statistics::Json {
  nlohmann::json value;
  const nlohmann::json& at(const std::string& pointer) const {
    return value.at(nlohmann::json::json_pointer(pointer));
  }
};

Statistics::Statistics() = default;
Statistics::Statistics(const std::string& json)
    : json_(std::make_unique<Json>(Json{nlohmann::json::parse(json)})) {}
Statistics::~Statistics() = default;
Statistics::Statistics(Statistics&&) noexcept = default;
Statistics& Statistics::operator=(Statistics&&) noexcept = default;

Statistics::operator bool() const noexcept { return json_ != nullptr; }

std::uint64_t Statistics::number(const std::string& pointer) const {
  return json_->at(pointer).get<std::uint64_t>();
}
std::string Statistics::text(const std::string& pointer) const {
  return json_->at(pointer).get<std::string>();
}
bool Statistics::flag(const std::string& pointer) const { return json_->at(pointer).get<bool>(); }
std::size_t Statistics::size(const std::string& pointer) const { return json_->at(pointer).size(); }
std::string Statistics::all() const { return json_ ? json_->value.dump(1) : "nothing"; }

std::string capstan_binary() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it while tests run
  const char* const chosen = std::getenv("CAPSTAN_BINARY");
  return chosen != nullptr ? chosen : CAPSTAN_BUILT_BINARY;
}

ProcessResult run_capstan(std::vector<std::string> arguments, ProcessOptions options) {
  arguments.insert(arguments.begin(), capstan_binary());
  return run(std::move(arguments), std::move(options));
}

namespace {

std::vector<std::string> command_line(const std::vector<std::string>& arguments,
                                      const std::string& statistics_path) {
  std::vector<std::string> all = {capstan_binary(), "record",           "--stats-json",
                                  statistics_path,  "--stats-interval", "0.01"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

// What is said of every such file: its name, that tshark dislikes root, that a LINUX_SLL2 header
// has interface numbers only.
std::string without_greetings(const std::string& text) {
  std::istringstream lines(text);
  std::string rest;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("reading from file") == 0 || line.find("Running as user \"root\"") == 0 ||
        line.find("Warning: interface names might be incorrect") == 0) {
      continue;
    }
    rest += line + '\n';
  }
  return rest;
}

void expect_silent(std::vector<std::string> arguments, std::uint64_t lines) {
  const std::string program = arguments.front();
  const ProcessResult result = run(std::move(arguments));
  EXPECT_EQ(result.status, 0) << program;
  EXPECT_EQ(without_greetings(result.err), "") << program;
  EXPECT_EQ(static_cast<std::uint64_t>(std::count(result.out.begin(), result.out.end(), '\n')),
            lines)
      << program;
}

}  // namespace

RecordRun::RecordRun(const std::vector<std::string>& arguments, ProcessOptions options)
    : statistics_path_(directory_.path() / "stats"),
      process_(command_line(arguments, statistics_path_), std::move(options)) {}

Statistics RecordRun::statistics() const {
  std::ifstream file(statistics_path_);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t end = text.rfind('\n');  // a line may be half written
  if (end == std::string::npos) return {};
  const std::size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  return Statistics(text.substr(start, end - start));
}

bool RecordRun::wait_started() {
  return wait_until([this] { return statistics() || !process_.is_running(); }) &&
         process_.is_running();
}

bool RecordRun::wait_for(const std::string& pointer, std::uint64_t number) {
  return wait_until([&] {
    const Statistics now = statistics();
    return (now && now.number(pointer) >= number) || !process_.is_running();
  });
}

bool RecordRun::wait_received(std::uint64_t packets) {
  return wait_for("/packets_received", packets);
}

bool RecordRun::wait_written(std::uint64_t packets) {
  return wait_for("/packets_written", packets);
}

int RecordRun::stop(int signal) {
  process_.signal(signal);
  return process_.wait();
}

int RecordRun::wait() { return process_.wait(); }

void expect_reconciled(const Statistics& statistics, LeftBehind left) {
  ASSERT_TRUE(statistics);
  EXPECT_TRUE(statistics.flag("/final"));
  EXPECT_TRUE(statistics.flag("/reconciled")) << statistics.all();
  EXPECT_EQ(statistics.number("/packets_received"),
            statistics.number("/packets_written") + statistics.number("/packets_dropped") +
                statistics.number("/packets_failed") + statistics.number("/packets_damaged") +
                statistics.number("/packets_beyond_limit") +
                statistics.number("/packets_after_stop") + statistics.number("/packets_abandoned"))
      << statistics.all();
  if (left == LeftBehind::kNothing) {
    EXPECT_EQ(statistics.number("/packets_abandoned"), 0U) << statistics.all();
  }
}

void expect_readable(const std::string& path, std::uint64_t packets) {
  SCOPED_TRACE(path);
  const ProcessResult capinfos = run({"capinfos", "-T", "-r", "-M", "-c", path});
  EXPECT_EQ(capinfos.status, 0);
  EXPECT_EQ(capinfos.err, "");
  EXPECT_EQ(capinfos.out, path + '\t' + std::to_string(packets) + '\n');
  expect_silent({"tcpdump", "-Z", "root", "-nn", "-t", "-q", "-r", path}, packets);
  expect_silent({"tshark", "-n", "-T", "fields", "-e", "frame.number", "-r", path}, packets);
  expect_silent({"editcap", path, "/dev/null"}, 0);
}

Statistics info_of(const std::string& path) {
  const ProcessResult result = run_capstan({"info", "--json", path});
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.status, 0);
  return Statistics(result.out);
}

Statistics verify_of(const std::vector<std::string>& files, std::uint64_t expected) {
  std::vector<std::string> arguments = {"verify", "--json", "--expect", std::to_string(expected)};
  arguments.insert(arguments.end(), files.begin(), files.end());
  return Statistics(run_capstan(std::move(arguments)).out);
}

}  // namespace capstan::test
