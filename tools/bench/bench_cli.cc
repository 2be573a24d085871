#include "tools/bench/bench_cli.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "tools/bench/peers.h"
#include "tools/common/command_line.h"
#include "tools/common/outputs.h"

namespace capstan::tools {

namespace {

using bench::BenchPlan;

struct RawOptions {
  std::vector<std::string> tools;
  std::vector<std::string> frames;
  std::vector<std::string> curve_frames;
  std::vector<double> loads;
  std::vector<std::uint32_t> rings;
  std::string record_options;
  std::vector<int> generator_cpus;
  double resolution = 0;  // 0: the mode's own
  double disk_gib = 4;
  bool quick = false;
  double minutes = -1;
};

const std::vector<std::string> kAllFrames = {"64",   "128",  "256",  "512", "1024",
                                             "1280", "1518", "9000", "imix"};
const std::vector<std::string> kCompareFrames = {"1518", "64", "512", "imix"};

void add_options(CommandLine& app, RawOptions& raw, BenchCommandLine& line) {
  bench::TrialSetting& setting = line.plan.setting;
  app.add_option("--tools", raw.tools,
                 "Recorders: capstan, stenotype, tcpdump, dumpcap, netsniff-ng, daemonlogger, "
                 "suricata (compare: all that are installed; else capstan)")
      .delimiter(',');
  app.add_option("--frames", raw.frames, "Frame sizes with FCS, 64 to 9000, or imix")
      .delimiter(',');
  app.add_option("--curve-frames", raw.curve_frames, "Frame sizes of the curves (default 1518)")
      .delimiter(',');
  app.add_option("--loads", raw.loads, "Loads of the curves, in % of the generator's top speed")
      .delimiter(',');
  app.add_option("--rings", raw.rings, "burst: ring sizes in MiB (default 8,32,128)")
      .delimiter(',');
  app.add_option("--seconds", setting.seconds, "Traffic of one trial")
      .range(0.2, 600.0)
      .capture_default_str();
  app.add_option("--ring", setting.ring_mib, "MiB of ring memory for every recorder")
      .range(1, 65536)
      .capture_default_str();
  app.add_option("--repeats", line.plan.repeats, "Searches for each tool and frame size")
      .range(1, 100);
  app.add_option("--resolution", raw.resolution,
                 "Where a search ends, as a share of the rate (default 0.05; compare: 0.08; "
                 "--quick: 0.15)")
      .range(0.001, 0.5);
  app.add_option("--dir", setting.directory, "Where the recorders write (default: here)");
  app.add_option("--disk-gib", raw.disk_gib, "GiB written to measure the disk; 0: not")
      .range(0.0, 1024.0);
  app.add_option("--generator-cpu", raw.generator_cpus,
                 "CPUs of the generators: all but the first send only what the first cannot")
      .delimiter(',');
  app.add_option("--recorder-cpu", setting.recorder_cpu, "CPU of the recorder");
  app.add_option("--record-options", raw.record_options,
                 "More options for 'capstan record', in one word: '--layout packed'");
  app.add_option("--interface", line.interface,
                 "Record here, with --generator, instead of on a veth pair of our own");
  app.add_option("--generator", setting.external_generator,
                 "Shell command that sends: {size}, {pps}, {seconds} are filled in; prints what "
                 "'capstan blast --json' prints");
  app.add_option("--time-limit", raw.minutes, "Minutes after which no trial begins (compare: 14)");
  app.add_flag("--quick", raw.quick, "Short trials, few of them: a look in a minute or two");
  app.add_option("--json", line.json_path, "Write all figures here; - is standard output");
  app.add_option("--html", line.html_path, "Write the page with the charts here");
  app.add_flag("-q,--quiet", line.quiet, "No progress");
}

void set_frames(const RawOptions& raw, BenchPlan& plan) {
  std::vector<std::string> frames = raw.frames;
  if (frames.empty()) {
    frames = plan.mode == "compare"
                 ? (raw.quick ? std::vector<std::string>{"1518"} : kCompareFrames)
             : plan.mode == "rate" ? kAllFrames
                                   : std::vector<std::string>{"1518"};
  }
  const std::vector<std::string> curves = !raw.curve_frames.empty() ? raw.curve_frames
                                          : plan.mode == "curve" && !raw.frames.empty()
                                              ? raw.frames
                                              : std::vector<std::string>{"1518"};
  for (const std::string& frame : frames) plan.rate_frames.push_back(bench::parse_frame(frame));
  for (const std::string& frame : curves) plan.curve_frames.push_back(bench::parse_frame(frame));
  if (plan.mode == "curve") plan.rate_frames.clear();
  if (plan.mode == "rate" || plan.mode == "burst") plan.curve_frames.clear();
}

void set_loads(const RawOptions& raw, BenchPlan& plan) {
  std::vector<double> loads = raw.loads;
  if (loads.empty()) {
    loads = raw.quick ? std::vector<double>{5, 25, 60} : std::vector<double>{5, 10, 20, 35, 60};
  }
  for (const double load : loads) {
    if (!(load > 0) || load > 100) {
      throw UsageError(fmt::format("--loads: {} %: a load is more than 0 and at most 100", load));
    }
    plan.curve_shares.push_back(load / 100);
  }
}

void set_tools(const RawOptions& raw, BenchPlan& plan) {
  plan.tools = raw.tools;
  if (plan.tools.empty() && plan.mode == "compare") {
    for (const bench::Peer& peer : bench::peers()) plan.tools.push_back(peer.name);
  }
  if (plan.tools.empty()) plan.tools = {"capstan"};
  for (const std::string& tool : plan.tools) {
    if (bench::find_peer(tool) != nullptr) continue;
    std::string known;
    for (const bench::Peer& peer : bench::peers()) known += " " + peer.name;
    throw UsageError(fmt::format("--tools: '{}' is not known; these are:{}", tool, known));
  }
}

// The second generator has a CPU of its own where there is one; else it shares the recorder's.
void set_cpus(const RawOptions& raw, bench::TrialSetting& setting) {
  const std::vector<int> allowed = allowed_cpus();
  setting.generator_cpus = raw.generator_cpus;
  if (setting.generator_cpus.empty()) {
    setting.generator_cpus = {0};
    for (const int cpu : {2, 1}) {
      if (setting.generator_cpus.size() == 1 &&
          std::find(allowed.begin(), allowed.end(), cpu) != allowed.end()) {
        setting.generator_cpus.push_back(cpu);
      }
    }
  }
  std::vector<int> used = setting.generator_cpus;
  used.push_back(setting.recorder_cpu);
  for (const int cpu : used) {
    if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
      throw UsageError(fmt::format("CPU {} is not one this process may use", cpu));
    }
  }
  if (setting.generator_cpus[0] == setting.recorder_cpu && setting.external_generator.empty()) {
    throw UsageError(
        fmt::format("generator and recorder are both on CPU {}: they would measure each other. Set "
                    "--generator-cpu and --recorder-cpu",
                    setting.recorder_cpu));
  }
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    if (c != ' ') {
      word.push_back(c);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

void understand(const RawOptions& raw, BenchCommandLine& line) {
  BenchPlan& plan = line.plan;
  bench::TrialSetting& setting = plan.setting;
  if (line.interface.empty() != setting.external_generator.empty()) {
    throw UsageError("--interface and --generator go together: who records where, who sends");
  }
  if (plan.mode == "compare") {
    // Seven recorders, four frame sizes, a quarter of an hour.
    plan.most_trials = 5;
    plan.resolution = 0.08;
  }
  if (raw.quick) {
    setting.seconds = std::min(setting.seconds, 0.7);
    plan.most_trials = 4;
    plan.resolution = 0.15;
  }
  if (raw.resolution > 0) plan.resolution = raw.resolution;
  set_tools(raw, plan);
  set_frames(raw, plan);
  set_loads(raw, plan);
  if (plan.mode == "burst") {
    plan.burst_rings_mib = raw.rings.empty() ? std::vector<std::uint32_t>{8, 32, 128} : raw.rings;
    if (std::count(plan.burst_rings_mib.begin(), plan.burst_rings_mib.end(), 0U) != 0) {
      throw UsageError("--rings: a ring has at least 1 MiB");
    }
  }
  set_cpus(raw, setting);
  const double gib = raw.quick ? std::min(raw.disk_gib, 1.0) : raw.disk_gib;
  plan.disk_bytes = static_cast<std::uint64_t>(gib * 1024) << 20;
  const double minutes = raw.minutes >= 0 ? raw.minutes : plan.mode == "compare" ? 14 : 0;
  plan.time_limit_s = minutes * 60;
  setting.capstan_options = words_of(raw.record_options);
  if (setting.directory.empty()) setting.directory = ".";
}

}  // namespace

std::optional<BenchCommandLine> parse_bench_command_line(int argc, const char* const* argv) {
  BenchCommandLine line;
  RawOptions raw;
  CommandLine app("Find the rate at which this machine begins to lose packets, and draw it.",
                  "capstan bench");
  app.add_option("mode", line.plan.mode,
                 "rate: the highest rate without loss, by frame size (RFC 2544, 26.1); curve: loss "
                 "against offered rate; burst: the longest burst without loss, by ring size; "
                 "compare: curve and rate for every recorder that is installed")
      .required()
      .one_of({"rate", "curve", "burst", "compare"});
  add_options(app, raw, line);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  understand(raw, line);
  const NamedOutput outputs[] = {{"--json", line.json_path}, {"--html", line.html_path}};
  check_outputs(outputs);
  return line;
}

}  // namespace capstan::tools
