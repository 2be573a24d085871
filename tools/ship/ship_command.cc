#include "tools/ship/ship_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/format/part_name.h"
#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/line_output.h"
#include "tools/common/log.h"
#include "tools/common/open_output.h"
#include "tools/common/signals.h"
#include "tools/common/terminal.h"
#include "tools/common/units.h"
#include "tools/privileges/privileges.h"
#include "tools/query/gentle.h"
#include "tools/ship/clickhouse_sink.h"
#include "tools/ship/file_sink.h"
#include "tools/ship/kafka_sink.h"
#include "tools/ship/ship_cli.h"
#include "tools/ship/ship_report.h"
#include "tools/ship/shipper.h"
#include "tools/watch/service_notify.h"

namespace capstan::fleet {

namespace {

constexpr std::uint64_t kLineIntervalNs = 10 * kNanosecondsPerSecond;
constexpr std::uint64_t kDrawIntervalNs = 200 * kNanosecondsPerMillisecond;
constexpr int kLastLinePatienceMs = 2000;

ClickHouseOptions clickhouse_options(const ShipCommandLine& line, const std::string& instance) {
  ClickHouseOptions options;
  options.access = {line.to->server, line.user, line.password, line.tls};
  options.database = line.to->database;
  options.cluster = line.cluster;
  options.sensor = line.sensor;
  options.instance = instance;
  options.host = line.host;
  options.program = CAPSTAN_VERSION;
  options.adopt = line.adopt;
  return options;
}

int print_schema(const ShipCommandLine& line, const std::atomic<bool>& stop) {
  SchemaOptions options;
  options.version = line.server_version;
  options.database = line.to ? line.to->database : "capstan";
  options.cluster = line.cluster;
  options.keep_days = line.keep_days;
  if (options.version.major == 0) {
    ClickHouseSink sink(clickhouse_options(line, ""), stop);
    if (const Answer answer = sink.probe_version(); !answer.done()) {
      tools::say("capstan ship: {}\n", answer.text);
      return tools::kExitFailed;
    }
    options.version = sink.version();
  }
  for (const std::string& statement : create_statements(options)) {
    fmt::print("{};\n\n", statement);
  }
  return tools::kExitDone;
}

int create_schema(const ShipCommandLine& line, const std::atomic<bool>& stop) {
  ClickHouseSink sink(clickhouse_options(line, ""), stop);
  if (const Answer answer = sink.create_schema(line.keep_days); !answer.done()) {
    tools::say("capstan ship: {}\n", answer.text);
    return tools::kExitFailed;
  }
  if (!line.quiet) {
    fmt::print("{}: ClickHouse {}: the tables {} are there\n", line.to->text, sink.version().text(),
               "sensors, files, flows and findings");
  }
  return tools::kExitDone;
}

// A state of its own for each sink.
std::string default_state_path(const ShipCommandLine& line) {
  const auto hash =
      ::crc32_z(0, reinterpret_cast<const Bytef*>(line.to->text.data()), line.to->text.size());
  return (std::filesystem::path(line.directory) / ".capstan-ship" / fmt::format("{:08x}", hash))
      .string();
}

// The directory of `path`, owned by who will write there. Requires: still root, if it ever was.
void make_directory_of(const std::string& path, const std::string& user) {
  const std::string directory = directory_of(path);
  if (::mkdir(directory.c_str(), 0750) != 0) {
    if (errno == EEXIST) return;
    throw_errno(fmt::format("make {}", directory), "--state FILE names another place");
  }
  if (user.empty()) return;
  const tools::UserIds ids = tools::user_ids(user);
  // Whoever may write beside it can have put a link to another directory in its place.
  const UniqueFd made(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!made || ::fstat(made.get(), &status) != 0) throw_errno(fmt::format("open {}", directory));
  if (status.st_uid != ::geteuid()) {
    throw UsageError(fmt::format("{}: somebody else has put another directory there", directory));
  }
  if (::fchown(made.get(), ids.user, ids.group) != 0) {
    throw_errno(fmt::format("give {} to {}", directory, user));
  }
}

StateIdentity identity_of(const ShipCommandLine& line) {
  struct stat status {};
  if (::stat(line.directory.c_str(), &status) != 0) {
    throw_errno(fmt::format("look at {}", line.directory));
  }
  return {std::filesystem::canonical(line.directory).string(),
          static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          line.to->text, line.sensor};
}

class Ship {
 public:
  Ship(const ShipCommandLine& line, const std::atomic<bool>& stop)
      : line_(line),
        stop_(stop),
        state_path_(line.state.empty() ? default_state_path(line) : line.state) {
    if (!line.stats_path.empty()) {
      stats_fd_ = tools::open_output(line.stats_path, "the statistics");
      stats_.emplace(stats_fd_.get());
    }
    if (!line.kafka_config.empty()) kafka_config_ = read_kafka_config(line.kafka_config);
    give_up_privileges();
    tools::become_idle();
  }

  int run() {
    state_.emplace(state_path_, identity_of(line_));
    const std::unique_ptr<Sink> sink = make_sink();
    ShipperOptions options;
    options.directory = line_.directory;
    options.spool.sensor = line_.sensor;
    options.spool.batch_rows = line_.batch_rows;
    options.spool.audit = line_.audit;
    options.max_rate = line_.max_rate;
    options.once = line_.once;
    Shipper::Talk talk;
    talk.notice = [this](const std::string& text) {
      if (!line_.quiet) log(tools::LogLevel::kNotice, text);
    };
    talk.warning = [this](const std::string& text) { log(tools::LogLevel::kWarning, text); };
    talk.tick = [this](const ShipCounters& counters) { tick(counters); };
    Shipper shipper(options, *sink, *state_, stop_, talk);
    notify_.ready(fmt::format("shipping to {}", line_.to->text));
    const bool good = shipper.run();
    notify_.stopping();
    area_.clear();
    const ShipCounters& counters = shipper.counters();
    const std::uint64_t elapsed_ns = monotonic_clock_ns() - began_ns_;
    write_stats(counters, elapsed_ns, true);
    if (good && !line_.quiet) tools::say("capstan ship: {}", ship_summary(counters, elapsed_ns));
    if (!good || counters.files_failed != 0) return tools::kExitFailed;
    return stop_.load() && line_.once ? tools::kExitFailed : tools::kExitDone;
  }

 private:
  void give_up_privileges() {
    tools::forbid_dumps();
    std::string user;
    if (!line_.keep_privileges && ::geteuid() == 0) {
      user = line_.run_as.empty() ? tools::default_user({line_.directory}) : line_.run_as;
    }
    make_directory_of(state_path_, user);
    if (line_.keep_privileges) return;
    if (!user.empty()) tools::change_user(user);
    tools::forbid_dumps();
    if (!tools::can_lock_down()) return;
    std::vector<std::string> writable = {directory_of(state_path_)};
    if (line_.to->kind == SinkAddress::Kind::kFile) {
      writable.push_back(directory_of(line_.to->path));
    }
    std::vector<std::string> files;
    for (const std::string* file : {&line_.tls.ca_file, &line_.tls.certificate, &line_.tls.key}) {
      if (!file->empty()) files.push_back(*file);
    }
    for (const auto& [name, value] : kafka_config_) {
      if (value.starts_with('/')) files.push_back(value);  // a certificate, a key
    }
    const std::string missing =
        tools::lock_down_sender({line_.directory}, std::move(writable), std::move(files));
    if (!missing.empty()) tools::standard_log().write(tools::LogLevel::kNotice, missing);
  }

  std::unique_ptr<Sink> make_sink() {
    switch (line_.to->kind) {
      case SinkAddress::Kind::kClickHouse:
        return std::make_unique<ClickHouseSink>(clickhouse_options(line_, state_->instance()),
                                                stop_);
      case SinkAddress::Kind::kFile:
        return std::make_unique<FileSink>(line_.to->path, *state_);
      case SinkAddress::Kind::kKafka:
        break;
    }
    return std::make_unique<KafkaSink>(
        KafkaOptions{line_.to->server, line_.to->topic, state_->instance(), kafka_config_}, *state_,
        stop_);
  }

  void log(tools::LogLevel level, const std::string& text) {
    area_.clear();
    tools::standard_log().write(level, text);
  }

  void tick(const ShipCounters& counters) {
    const std::uint64_t now_ns = monotonic_clock_ns();
    const std::uint64_t elapsed_ns = now_ns - began_ns_;
    notify_.tick(now_ns, [&] { return ship_progress(counters, elapsed_ns); });
    if (now_ns >= next_stats_ns_) {
      next_stats_ns_ = now_ns + kLineIntervalNs;
      if (elapsed_ns >= kLineIntervalNs) write_stats(counters, elapsed_ns, false);
    }
    if (line_.quiet) return;
    if (area_.terminal().can_redraw()) {
      if (now_ns < next_draw_ns_) return;
      next_draw_ns_ = now_ns + kDrawIntervalNs;
      area_.draw(ship_progress(counters, elapsed_ns));
    } else if (now_ns >= next_line_ns_) {
      next_line_ns_ = now_ns + kLineIntervalNs;
      if (counters.rows == told_rows_) return;
      told_rows_ = counters.rows;
      tools::say("capstan ship: {}\n", ship_progress(counters, elapsed_ns));
    }
  }

  void write_stats(const ShipCounters& counters, std::uint64_t elapsed_ns, bool final) {
    if (!stats_) return;
    const std::string text =
        tools::dump_json(ship_json(counters, *state_, line_.sensor, elapsed_ns, final)) + "\n";
    const int error = final ? stats_->put(text, kLastLinePatienceMs) : stats_->put(text);
    if (error != 0 && stats_error_ == 0) {
      log(tools::LogLevel::kWarning,
          fmt::format("{}: statistics are left out: {}", line_.stats_path, errno_text(error)));
    }
    stats_error_ = error;
  }

  const ShipCommandLine& line_;
  const std::atomic<bool>& stop_;
  std::string state_path_;
  std::vector<std::pair<std::string, std::string>> kafka_config_;
  UniqueFd stats_fd_;
  std::optional<tools::LineOutput> stats_;
  int stats_error_ = 0;
  std::optional<ShipState> state_;
  tools::LiveArea area_{STDERR_FILENO};
  tools::ServiceNotify notify_;
  std::uint64_t began_ns_ = monotonic_clock_ns();
  std::uint64_t next_line_ns_ = began_ns_ + kLineIntervalNs;
  std::uint64_t next_stats_ns_ = began_ns_ + kLineIntervalNs;
  std::uint64_t next_draw_ns_ = 0;
  std::uint64_t told_rows_ = 0;
};

}  // namespace

}  // namespace capstan::fleet

namespace capstan::tools {

int ship_command(int argc, char** argv) {
  const auto line = fleet::parse_ship_command_line(argc, argv);
  if (!line) return kExitDone;
  const std::atomic<bool>& stop = stop_flag_on_signals();
  std::signal(SIGPIPE, SIG_IGN);  // a connection that a server closed is an error of the write
  return naming_places(line->entries, [&] {
    if (line->print_schema) return fleet::print_schema(*line, stop);
    if (line->create_schema) return fleet::create_schema(*line, stop);
    return fleet::Ship(*line, stop).run();
  });
}

}  // namespace capstan::tools
