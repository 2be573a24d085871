#include "tools/bench/bench_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/bench/bench_cli.h"
#include "tools/bench/html_page.h"
#include "tools/bench/json_report.h"
#include "tools/bench/machine.h"
#include "tools/bench/test_link.h"
#include "tools/common/exit_status.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

using bench::BenchReport;

constexpr std::uint32_t kMtu = 9100;

// On a terminal one line that changes; in a pipe a line for what has an outcome only when asked by
// nobody: nothing.
bench::Progress make_progress(bool quiet) {
  if (quiet || ::isatty(STDERR_FILENO) == 0) return {};
  return [](const std::string& text) {
    fmt::print(stderr, "\r\033[K{}", text);
    std::fflush(stderr);
  };
}

void write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return;
  if (path == "-") {
    fmt::print("{}", text);
    return;
  }
  std::ofstream file(path, std::ios::trunc | std::ios::binary);
  file << text;
  file.close();
  if (!file) throw_errno(fmt::format("write {}", path));
}

void remove_leftovers() {
  for (const std::string& name : bench::find_leftover_namespaces()) {
    bench::remove_namespace(name);
    fmt::print(stderr, "capstan bench: removed namespace {} of a bench that was killed\n", name);
  }
}

void print_rates(const BenchReport& report) {
  if (report.no_drop.empty()) return;
  fmt::print("\n{:<12} {:>6} {:>14} {:>8}  {}\n", "no loss up to", "frame", "packets/s", "Gb/s",
             "first loss at, packets/s");
  for (const bench::NoDropRate& rate : report.no_drop) {
    fmt::print("{:<13} {:>6} {:>14} {:>8.2f}  {}\n", rate.tool, rate.frame,
               rate.measured ? grouped(static_cast<std::uint64_t>(rate.pps)) : "not measured",
               rate.bps / 1e9,
               rate.lowest_with_loss_pps == 0
                   ? "none"
                   : grouped(static_cast<std::uint64_t>(rate.lowest_with_loss_pps)));
  }
}

void print_curve(const BenchReport& report) {
  bool any = false;
  for (const bench::Trial& trial : report.trials) {
    if (trial.purpose != "curve") continue;
    if (!any) {
      fmt::print("\n{:<13} {:>6} {:>8} {:>12} {:>12} {:>8} {:>8} {:>8}\n", "curve", "frame", "Gb/s",
                 "offered", "written", "lost %", "CPU ns", "RSS MiB");
    }
    any = true;
    if (!trial.valid()) {
      fmt::print("{:<13} {:>6} {}\n", trial.tool, trial.frame, printable(trial.failure));
      continue;
    }
    fmt::print("{:<13} {:>6} {:>8.2f} {:>12} {:>12} {:>8.3f} {:>8.0f} {:>8}\n", trial.tool,
               trial.frame, trial.offered_bps() / 1e9, grouped(trial.offered),
               grouped(trial.written), trial.loss_percent(), trial.cpu_ns_per_packet(),
               trial.peak_rss_kib / 1024);
  }
}

void print_bursts(const BenchReport& report) {
  for (const bench::BurstLimit& burst : report.bursts) {
    fmt::print(
        "{:<13} {:>6} {:>6} MiB of ring: {} packets at top speed, {:.1f} ms, {:.2f} ms/MiB{}\n",
        burst.tool, burst.frame, burst.ring_mib, grouped(burst.packets), burst.milliseconds,
        burst.milliseconds / burst.ring_mib, burst.at_limit ? "; more was not tried" : "");
  }
}

void print_text(const BenchReport& report) {
  fmt::print("{}\n", bench::summary_sentence(report));
  if (report.disk_bytes_per_second > 0) {
    fmt::print("disk {:.2f} GB/s, memcpy {:.1f} GB/s\n", report.disk_bytes_per_second / 1e9,
               report.memcpy_bytes_per_second / 1e9);
  }
  for (const bench::ToolInfo& tool : report.tools) {
    if (!tool.present) fmt::print("{}: absent, not measured\n", tool.name);
  }
  print_curve(report);
  print_rates(report);
  print_bursts(report);
  for (const std::string& note : report.notes) fmt::print("{}\n", note);
  if (report.interrupted) fmt::print("interrupted: this is what had been measured\n");
}

std::string command_text(int argc, char** argv) {
  std::string text = "capstan bench";
  for (int index = 1; index < argc; ++index) text += std::string(" ") + argv[index];
  return text;
}

}  // namespace

int bench_command(int argc, char** argv) {
  auto line = parse_bench_command_line(argc, argv);
  if (!line) return kExitDone;
  bench::TrialSetting& setting = line->plan.setting;
  setting.directory = std::filesystem::absolute(setting.directory).lexically_normal().string();
  setting.capstan = std::filesystem::read_symlink("/proc/self/exe").string();
  if (!std::filesystem::is_directory(setting.directory)) {
    throw UsageError(fmt::format("--dir {}: there is no such directory", setting.directory));
  }
  if (::geteuid() != 0) {
    throw std::runtime_error(
        "capstan bench makes network namespaces and runs recorders: run it as root");
  }
  const bench::BenchLock lock;
  remove_leftovers();
  const std::atomic<bool>& stop_requested = stop_flag_on_signals();
  std::optional<bench::TestLink> link;
  if (line->interface.empty()) {
    link.emplace(kMtu);
    setting.source_netns = link->source_netns();
    setting.source_interface = bench::TestLink::source_interface();
    setting.sink_netns = link->sink_netns();
    setting.sink_interface = bench::TestLink::sink_interface();
  } else {
    setting.sink_interface = line->interface;
  }

  BenchReport report;
  report.command = command_text(argc, argv);
  report.begun = utc_time(wall_clock_ns());
  bench::describe_machine(report, setting.directory);
  const bench::Progress progress = make_progress(line->quiet);
  std::string failure;
  try {
    bench::BenchRun run(line->plan, report, stop_requested, progress);
    run.run();
  } catch (const UsageError&) {
    throw;
  } catch (const std::exception& error) {
    if (report.trials.empty()) throw;
    // What was measured until then is kept.
    failure = error.what();
    report.interrupted = true;
    report.notes.push_back(fmt::format("The run ended early: {}", failure));
  }
  if (progress) fmt::print(stderr, "\r\033[K");
  write_file(line->json_path, bench::json_report(report));
  write_file(line->html_path, bench::html_page(report));
  if (line->json_path != "-") print_text(report);
  if (!failure.empty()) throw std::runtime_error(failure);
  return report.interrupted ? kExitFailed : kExitDone;
}

}  // namespace capstan::tools
