// A bench report with figures of every kind, for the tests of what is drawn and written.
#pragma once

#include <string>

#include "tools/bench/bench_types.h"

namespace capstan::test {

inline bench::Trial sample_trial(const std::string& tool, double gbps, double loss_share) {
  bench::Trial trial;
  trial.tool = tool;
  trial.purpose = "curve";
  trial.frame = "1518";
  trial.ring_mib = 64;
  trial.seconds = 1;
  trial.offered = static_cast<std::uint64_t>(gbps * 1e9 / 8 / 1514);
  trial.offered_bytes = trial.offered * 1514;
  trial.written = static_cast<std::uint64_t>(static_cast<double>(trial.offered) * (1 - loss_share));
  trial.cpu_ns = trial.offered * (tool == "capstan" ? 60 : 1300);
  trial.peak_rss_kib = 80 * 1024;
  return trial;
}

inline bench::BenchReport sample_report() {
  bench::BenchReport report;
  report.mode = "compare";
  report.command = "capstan bench compare --tools 'a<b>'";
  report.begun = "2026-01-01T00:00:00Z";
  report.cpu = "a processor";
  report.cpus = 2;
  report.disk_bytes_per_second = 2e9;
  report.memcpy_bytes_per_second = 18e9;
  report.ring_mib = 64;
  report.trial_seconds = 1.5;
  report.tools = {{"capstan", "capstan 1", true},
                  {"tcpdump", "tcpdump version 4.99 & more", true},
                  {"stenotype", "stenotype 1", true},
                  {"netsniff-ng", "", false}};
  report.top_speeds = {{"1518", 2e6, 24.2e9, 1.5e6, "xdp", true, ""},
                       {"64", 3e6, 1.44e9, 2e6, "xdp", true, ""}};
  for (const double gbps : {2.0, 8.0, 16.0}) {
    report.trials.push_back(sample_trial("capstan", gbps, 0));
    report.trials.push_back(sample_trial("tcpdump", gbps, gbps > 3 ? 0.4 : 0));
    bench::Trial failed = sample_trial("stenotype", gbps, 0);
    failed.failure = "did not start: <exit status 1>";
    report.trials.push_back(failed);
  }
  report.no_drop = {{"capstan", "1518", 1, 1.3e6, 15.7e9, 0, true},
                    {"tcpdump", "1518", 1, 0.3e6, 3.6e9, 0.35e6, true},
                    {"stenotype", "1518", 1, 0, 0, 0.1e6, false},
                    {"capstan", "64", 1, 2e6, 0.96e9, 2.1e6, true},
                    {"tcpdump", "64", 1, 0, 0, 0.01e6, true}};
  report.bursts = {{"capstan", "1518", 8, 20000, 9.1, false},
                   {"capstan", "1518", 32, 900000, 410, true}};
  report.notes = {"a note with <angle> brackets"};
  return report;
}

}  // namespace capstan::test
