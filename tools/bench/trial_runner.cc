#include "tools/bench/trial_runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "tools/bench/child.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/doctor/disk_probe.h"
#include "tools/traffic/netns.h"
#include "tools/traffic/size_mix.h"
#include "tools/traffic/verify.h"

namespace capstan::bench {

namespace {

constexpr std::uint32_t kFcsBytes = 4;
// Stream of blast's frames that only wake a recorder; those that are counted have their generator's
// index.
constexpr std::uint32_t kWakeStream = 1000;
constexpr std::uint32_t kWakeFrameBytes = 1514;
constexpr std::uint32_t kWakeFrames = 1000;  // more than a block of 1 MiB
constexpr std::uint64_t kReadyNs = 20 * kNanosecondsPerSecond;
constexpr std::uint64_t kRestLookNs = 100 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kBlockTimeoutNs = 1200 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kRestLimitNs = 8 * kNanosecondsPerSecond;
constexpr std::uint64_t kEndLimitNs = 15 * kNanosecondsPerSecond;
// What a recorder may write for one packet beyond its bytes: Capstan in place, 60-byte frames.
constexpr double kMostOverheadBytes = 96;
constexpr double kListenedShare = 0.5;  // measured: 0.52 at 1518 bytes, 0.59 at 64
constexpr double kTopSpeedSeconds = 1;
constexpr double kTopSpeedGuess = 12e6;  // packets a second; no machine of ours came near

// A folder of one trial's own, gone with it.
class Folder {
 public:
  explicit Folder(const std::string& parent)
      : path_(fmt::format("{}/capstan-bench-{}", parent, ::getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
    // Recorders that give up root write here too.
    std::filesystem::permissions(path_, std::filesystem::perms::all);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// Waits until the recorder has a socket that hears, and a little longer: the socket is bound before
// the filter is set and the loop entered.
bool wait_ready(Child& recorder) {
  const std::uint64_t deadline_ns = monotonic_clock_ns() + kReadyNs;
  while (!recorder.try_wait() && !recorder.is_listening()) {
    if (monotonic_clock_ns() > deadline_ns) return false;
    sleep_ns(10 * kNanosecondsPerMillisecond);
  }
  sleep_ns(300 * kNanosecondsPerMillisecond);
  return !recorder.try_wait().has_value();
}

// Waits until the recorder has worked off what it holds: until it uses under 2 % of a CPU. Not less
// than kBlockTimeoutNs: tcpdump and others on libpcap see the last, part-filled block only when the
// kernel closes it after their read timeout, a second, and would drop it when interrupted sooner.
void wait_at_rest(Child& recorder) {
  const std::uint64_t begun_ns = monotonic_clock_ns();
  const std::uint64_t deadline_ns = begun_ns + kRestLimitNs;
  std::uint64_t before = recorder.cpu_ns();
  while (monotonic_clock_ns() < deadline_ns && !recorder.try_wait()) {
    sleep_ns(kRestLookNs);
    const std::uint64_t now = recorder.cpu_ns();
    const bool quiet = now - before < kRestLookNs / 50;
    if (quiet && monotonic_clock_ns() - begun_ns > kBlockTimeoutNs) return;
    before = now;
  }
}

void count_written(const std::vector<std::string>& files,
                   const std::vector<traffic::BlastResult>& sent, Trial& trial) {
  traffic::VerifyOptions options;
  options.files = files;
  for (std::uint32_t stream = 0; stream < sent.size(); ++stream) {
    const traffic::BlastResult& each = sent[stream];
    if (each.next_sequence <= each.first_sequence) continue;
    options.expected.push_back({stream, {each.first_sequence, each.next_sequence - 1}});
  }
  const traffic::VerifyReport report = traffic::verify(options);
  trial.damaged = report.damaged + report.truncated;
  for (const traffic::StreamReport& stream : report.streams) {
    if (stream.stream < sent.size()) trial.written += stream.received - stream.unexpected;
  }
}

std::string replaced(std::string text, const std::string& name, const std::string& value) {
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
  return text;
}

}  // namespace

FrameChoice parse_frame(const std::string& text) {
  FrameChoice frame;
  frame.name = text;
  if (text == "imix") {
    double bytes = 0;
    double weights = 0;
    for (const traffic::SizeShare& share : traffic::imix()) {
      bytes += static_cast<double>(share.size) * share.weight;
      weights += share.weight;
    }
    frame.mean_bytes = bytes / weights;
    return frame;
  }
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), frame.wire_size);
  if (error != std::errc() || end != text.data() + text.size() || frame.wire_size < 64 ||
      frame.wire_size > 9000) {
    throw UsageError(
        fmt::format("frame size '{}': imix, or 64 to 9000 bytes, the FCS included", text));
  }
  frame.mean_bytes = frame.wire_size - kFcsBytes;
  return frame;
}

void TrialRunner::check_room(const Load& load) const {
  const double seconds = load.count != 0 ? 0 : setting_.seconds;
  const double packets = load.count != 0 ? static_cast<double>(load.count)
                                         : (load.pps > 0 ? load.pps : kTopSpeedGuess / 4) * seconds;
  const double wanted = packets * (load.frame.mean_bytes + kMostOverheadBytes) + (1U << 30);
  const std::uint64_t free = tools::read_disk_facts(setting_.directory).free_bytes;
  if (wanted <= static_cast<double>(free)) return;
  throw std::runtime_error(fmt::format(
      "{}: a trial of {} frames may write {}, and {} are free. Free some space, name another "
      "directory with --dir, or shorten the trials with --seconds",
      setting_.directory, load.frame.name, tools::human_bytes(static_cast<std::uint64_t>(wanted)),
      tools::human_bytes(free)));
}

TrialRunner::Sent TrialRunner::generate_outside(const Load& load, double seconds) {
  std::string command = replaced(
      setting_.external_generator, "{size}",
      load.frame.wire_size == 0 ? "imix" : std::to_string(load.frame.wire_size - kFcsBytes));
  command = replaced(command, "{pps}", fmt::format("{:.0f}", load.pps > 0 ? load.pps : 1e9));
  command = replaced(command, "{seconds}", fmt::format("{:.3f}", seconds));
  const std::string log = setting_.directory + "/capstan-bench-generator.log";
  Child child({"sh", "-c", command}, {"", -1, log});
  const auto limit_ns = static_cast<std::uint64_t>((seconds + 30) * 1e9);
  const std::optional<int> status = child.wait(limit_ns);
  const std::string text = tail_of(log, 65536);
  std::filesystem::remove(log);
  const std::size_t begin = std::min(text.find('{'), text.size());
  const nlohmann::json json = tools::try_parse_json(std::string_view(text).substr(begin));
  if (!status || *status != 0 || !json.is_object() || !json.contains("frames")) {
    throw std::runtime_error(fmt::format(
        "the generator '{}': {}; it must print what 'capstan blast --json' prints: {}", command,
        status ? status_words(*status) : std::string("does not end"), text.substr(0, 200)));
  }
  traffic::BlastResult result;
  result.engine = "external";
  result.frames = json.value("frames", std::uint64_t{0});
  result.refused = json.value("refused", std::uint64_t{0});
  result.vanished = json.value("vanished", std::uint64_t{0});
  result.bytes = json.value("bytes", std::uint64_t{0});
  result.first_sequence = json.value("first_sequence", std::uint64_t{0});
  result.next_sequence = json.value("next_sequence", std::uint64_t{0});
  result.duration_ns = static_cast<std::uint64_t>(json.value("seconds", 0.0) * 1e9);
  return {result};
}

// A block full of frames of a stream that nobody counts: stenotype ends only when the kernel hands
// it a block. For a silent link the kernel hands over none (prb_retire_rx_blk_timer_expired in
// net/packet/af_packet.c keeps an empty block); and where its poll times out first it waits for a
// write it never began (io_getevents for one event, seen with strace), and never ends.
void TrialRunner::wake_recorder() {
  if (!setting_.external_generator.empty()) return;
  traffic::BlastOptions options;
  options.interface = setting_.source_interface;
  options.engine = traffic::EngineChoice::kRing;
  options.frames.stream = kWakeStream;
  options.frames.sizes = {{kWakeFrameBytes, 1}};
  options.count = kWakeFrames;
  [[maybe_unused]] const Sent sent = blast_together({options}, setting_.source_netns);
}

std::string TrialRunner::end_recorder(Child& recorder, bool needs_packets) {
  for (const int signal : {SIGINT, SIGTERM}) {
    recorder.signal(signal);
    const std::uint64_t deadline_ns = monotonic_clock_ns() + kEndLimitNs;
    while (monotonic_clock_ns() < deadline_ns) {
      if (needs_packets) wake_recorder();
      if (recorder.wait(500 * kNanosecondsPerMillisecond)) return "";
    }
  }
  recorder.signal(SIGKILL);
  [[maybe_unused]] const auto ended = recorder.wait(kEndLimitNs);
  return "did not end at SIGINT and SIGTERM and was killed";
}

// Each in a thread of its own: the namespace and the CPU are the thread's.
TrialRunner::Sent TrialRunner::blast_together(const std::vector<traffic::BlastOptions>& each,
                                              const std::string& netns) {
  Sent sent(each.size());
  std::vector<std::exception_ptr> failures(each.size());
  std::vector<std::thread> threads;
  for (std::size_t index = 0; index < each.size(); ++index) {
    threads.emplace_back([&, index] {
      try {
        name_current_thread("generator");
        traffic::enter_netns(traffic::open_netns(netns));
        sent[index] = traffic::run_blast(each[index], stop_);
      } catch (...) {
        failures[index] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return sent;
}

// How many packets a second each generator sends; 0: as many as it can. The first carries up to
// half of what it reaches with nobody listening: the rest of its core is the receiving side's.
std::vector<double> TrialRunner::shares(const Load& load) const {
  const std::size_t generators = setting_.generator_cpus.size();
  const auto top = top_.find(load.frame.name);
  if (load.pps <= 0 || top == top_.end()) return std::vector<double>(generators, 0);
  const double each = top->second.one_pps * kListenedShare;
  std::vector<double> result;
  double left = load.pps;
  while (result.size() + 1 < generators && left > each) {
    result.push_back(each);
    left -= each;
  }
  result.push_back(left);
  return result;
}

traffic::BlastOptions TrialRunner::blast_options(const Load& load, double seconds,
                                                 std::size_t index) const {
  const auto top = top_.find(load.frame.name);
  traffic::BlastOptions options;
  options.interface = setting_.source_interface;
  if (top == top_.end() || top->second.inward) {
    options.interface = setting_.sink_interface;
    options.direction = traffic::XdpDirection::kIn;
  }
  options.frames.sizes =
      load.frame.wire_size == 0
          ? traffic::imix()
          : std::vector<traffic::SizeShare>{{load.frame.wire_size - kFcsBytes, 1}};
  options.frames.stream = static_cast<std::uint32_t>(index);
  options.duration_ns = static_cast<std::uint64_t>(seconds * 1e9);
  options.cpu = setting_.generator_cpus[index];
  return options;
}

TrialRunner::Sent TrialRunner::generate(const Load& load, double seconds) {
  if (!setting_.external_generator.empty()) return generate_outside(load, seconds);
  const std::vector<double> rates = shares(load);
  std::vector<traffic::BlastOptions> each;
  for (std::size_t index = 0; index < rates.size(); ++index) {
    each.push_back(blast_options(load, seconds, index));
    each.back().pace.packets_per_second = rates[index];
    each.back().count = load.count / rates.size();
  }
  const bool inward = each[0].direction == traffic::XdpDirection::kIn;
  return blast_together(each, inward ? setting_.sink_netns : setting_.source_netns);
}

TopSpeed TrialRunner::measure_top_speed(const FrameChoice& frame) {
  Load load;
  load.frame = frame;
  TopSpeed top;
  top.frame = frame.name;
  const auto speed_of = [](const Sent& sent) {
    double pps = 0;
    for (const traffic::BlastResult& each : sent) {
      const double seconds = static_cast<double>(each.duration_ns) / 1e9;
      if (seconds > 0) pps += static_cast<double>(each.sent()) / seconds;
    }
    return pps;
  };
  Sent sent;
  if (setting_.external_generator.empty()) {
    top_.erase(frame.name);
    try {
      sent = blast_together({blast_options(load, kTopSpeedSeconds, 0)}, setting_.sink_netns);
      top.inward = true;
    } catch (const std::runtime_error& error) {
      top.note = error.what();
      top_[frame.name] = top;
      sent = blast_together({blast_options(load, kTopSpeedSeconds, 0)}, setting_.source_netns);
    }
    top.one_pps = speed_of(sent);
    top_[frame.name] = top;
  }
  if (setting_.generator_cpus.size() > 1 || sent.empty()) sent = generate(load, kTopSpeedSeconds);
  top.engine = sent[0].engine;
  top.pps = std::max(top.one_pps, speed_of(sent));
  top.bps = top.pps * frame.mean_bytes * 8;
  top_[frame.name] = top;
  return top;
}

Trial TrialRunner::run(const Peer& peer, const Load& load, std::uint32_t ring_mib) {
  check_room(load);
  const Folder folder(setting_.directory);
  RecorderSetting recorder_setting;
  recorder_setting.interface = setting_.sink_interface;
  recorder_setting.directory = folder.path();
  recorder_setting.ring_mib = ring_mib;
  recorder_setting.capstan = setting_.capstan;
  recorder_setting.capstan_options = setting_.capstan_options;
  recorder_setting.cpu = setting_.recorder_cpu;

  Trial trial;
  trial.tool = peer.name;
  trial.frame = load.frame.name;
  trial.ring_mib = ring_mib;
  trial.wanted_pps = load.pps;
  const std::string log = folder.path() + "/recorder.log";
  Child recorder(peer.command(recorder_setting),
                 {setting_.sink_netns, setting_.recorder_cpu, log, folder.path()});
  if (!wait_ready(recorder)) {
    const std::optional<int> status = recorder.try_wait();
    trial.failure =
        fmt::format("did not start: {}: {}",
                    status ? status_words(*status) : std::string("no packet socket in 20 s"),
                    tail_of(log, 200));
    return trial;
  }
  const std::uint64_t cpu_before_ns = recorder.cpu_ns();
  const Sent sent = generate(load, load.count != 0 ? 60 : setting_.seconds);
  for (const traffic::BlastResult& each : sent) {
    trial.offered += each.sent();
    trial.seconds = std::max(trial.seconds, static_cast<double>(each.duration_ns) / 1e9);
  }
  trial.offered_bytes =
      static_cast<std::uint64_t>(static_cast<double>(trial.offered) * load.frame.mean_bytes);
  wait_at_rest(recorder);
  if (const std::optional<int> status = recorder.try_wait()) {
    trial.failure =
        fmt::format("ended under load: {}: {}", status_words(*status), tail_of(log, 200));
    return trial;
  }
  trial.cpu_ns = recorder.cpu_ns() - cpu_before_ns;
  trial.peak_rss_kib = recorder.peak_rss_kib();
  trial.failure = end_recorder(recorder, peer.ends_with_a_packet);
  const std::vector<std::string> files = recorded_files(folder.path());
  if (files.empty()) {
    trial.failure =
        trial.failure.empty() ? fmt::format("wrote nothing: {}", tail_of(log, 200)) : trial.failure;
    return trial;
  }
  try {
    count_written(files, sent, trial);
  } catch (const std::exception& error) {
    if (trial.failure.empty()) trial.failure = fmt::format("its file: {}", error.what());
  }
  return trial;
}

}  // namespace capstan::bench
