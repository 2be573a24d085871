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
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/common/terminal.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

using bench::BenchReport;

constexpr std::uint32_t kMtu = 9100;

// On a terminal one line that changes and fits it; nothing in a pipe.
bench::Progress make_progress(bool quiet, LiveArea& area) {
  if (quiet || !area.terminal().can_redraw()) return {};
  return [&area](const std::string& text) {
    const LinePart part{text, "", 0};
    area.draw(fit_line({&part, 1}, area.terminal().columns()));
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
    say("capstan bench: removed namespace {} of a bench that was killed\n", name);
  }
}

int output_columns() { return Terminal(STDOUT_FILENO).columns(); }

void print_rates(const BenchReport& report) {
  if (report.no_drop.empty()) return;
  const std::vector<TableColumn> columns = {{"no loss up to", false, 9, 0},
                                            {"frame", true, 8, 0},
                                            {"packets/s", true, 4, 0},
                                            {"Gb/s", true, 7, 0},
                                            {"first loss at, packets/s", true, 5, 0}};
  std::vector<std::vector<std::string>> rows;
  for (const bench::NoDropRate& rate : report.no_drop) {
    rows.push_back({rate.tool, rate.frame,
                    rate.measured ? grouped(static_cast<std::uint64_t>(rate.pps)) : "not measured",
                    fmt::format("{:.2f}", rate.bps / 1e9),
                    rate.lowest_with_loss_pps == 0
                        ? "none up to what was sent"
                        : grouped(static_cast<std::uint64_t>(rate.lowest_with_loss_pps))});
  }
  fmt::print("\n{}", fit_table(columns, rows, output_columns()));
}

void print_curve(const BenchReport& report) {
  const std::vector<TableColumn> columns = {{"curve", false, 9, 0},  {"frame", true, 8, 0},
                                            {"Gb/s", true, 7, 0},    {"offered", true, 2, 0},
                                            {"written", true, 3, 0}, {"lost %", true, 6, 0},
                                            {"CPU ns", true, 5, 0},  {"RSS MiB", true, 1, 0}};
  std::vector<std::vector<std::string>> rows;
  std::string failures;
  for (const bench::Trial& trial : report.trials) {
    if (trial.purpose != "curve") continue;
    if (!trial.valid()) {
      failures += fmt::format("{}, {}: {}\n", trial.tool, trial.frame, printable(trial.failure));
      continue;
    }
    rows.push_back({trial.tool, trial.frame, fmt::format("{:.2f}", trial.offered_bps() / 1e9),
                    grouped(trial.offered), grouped(trial.written),
                    fmt::format("{:.3f}", trial.loss_percent()),
                    fmt::format("{:.0f}", trial.cpu_ns_per_packet()),
                    fmt::format("{}", trial.peak_rss_kib / 1024)});
  }
  if (!rows.empty()) fmt::print("\n{}", fit_table(columns, rows, output_columns()));
  fmt::print("{}", failures);
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
    throw std::runtime_error("it makes network namespaces and runs recorders: run it as root");
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
  LiveArea area(STDERR_FILENO);
  const bench::Progress progress = make_progress(line->quiet, area);
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
  area.clear();
  write_file(line->json_path, bench::json_report(report));
  write_file(line->html_path, bench::html_page(report));
  if (line->json_path != "-") print_text(report);
  if (!failure.empty()) throw std::runtime_error(failure);
  return report.interrupted ? kExitFailed : kExitDone;
}

}  // namespace capstan::tools
