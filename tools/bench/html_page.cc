#include "tools/bench/html_page.h"

#include <fmt/format.h>

#include "tools/bench/report_charts.h"
#include "tools/common/units.h"

namespace capstan::bench {

namespace {

constexpr double kGiga = 1e9;

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Capstan bench</title><style>
body{font:15px/1.55 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
.sentence{font-size:1.15rem;border-left:4px solid #003f88;padding:.4rem 1rem;margin:1rem 0}
.chart{border:1px solid #ccc;border-radius:.4rem;padding:.5rem;margin:1rem 0;break-inside:avoid}
.chart svg{width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid #ddd}
th:first-child,td:first-child,.names td:nth-child(2),.names th:nth-child(2){text-align:left}th{font-weight:600}
.warn{border:1px solid #b3261e;padding:.5rem 1rem;border-radius:.4rem}
code{font-size:.92em;overflow-wrap:anywhere}small{color:#444}
@media(max-width:46rem){body{margin:1rem auto}.chart{overflow-x:auto}.chart svg{min-width:36rem}
table{display:block;overflow-x:auto}}
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#14171a}.sentence{border-color:#6aa6ff}
.chart{border-color:#444;background:#14171a}.chart svg{filter:invert(.92) hue-rotate(180deg)}
th,td{border-color:#3a3f44}small{color:#aaa}.warn{border-color:#ff8a80}}
@media print{body{max-width:none;margin:0}.chart,tr{break-inside:avoid}table{font-size:.8rem}details>*{display:block}}
</style></head><body>
)";

std::string machine_table(const BenchReport& report) {
  std::string text = "<h2>Where and how</h2>\n<table>";
  const auto row = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("<tr><td>{}</td><td style=\"text-align:left\">{}</td></tr>\n", name,
                        tools::escape_xml(value));
  };
  row("Command", report.command);
  row("Begun", report.begun);
  row("Took", tools::human_duration(static_cast<std::uint64_t>(report.seconds * kGiga)));
  row("Machine", fmt::format("{}, {} CPUs, {} of memory", report.cpu, report.cpus,
                             tools::human_bytes(report.memory_bytes)));
  row("System", fmt::format("{}, Linux {}", report.os, report.kernel));
  row("Disk", report.disk_bytes_per_second > 0
                  ? fmt::format("{}: {:.2f} GB/s, O_DIRECT, io_uring, 1 MiB, preallocated",
                                report.file_system, report.disk_bytes_per_second / kGiga)
                  : report.file_system);
  if (report.memcpy_bytes_per_second > 0) {
    row("memcpy", fmt::format("{:.1f} GB/s, one core, beyond the caches",
                              report.memcpy_bytes_per_second / kGiga));
  }
  row("Each trial",
      fmt::format("{:g} s of traffic, {} MiB of ring; generator and recorder on a CPU "
                  "of their own",
                  report.trial_seconds, report.ring_mib));
  for (const TopSpeed& top : report.top_speeds) {
    row(fmt::format("Generator, {}", frame_words(top.frame)),
        fmt::format("{}packets/s, {}b/s ({})", tools::human_rate(top.pps),
                    tools::human_rate(top.bps), top.engine));
  }
  for (const ToolInfo& tool : report.tools) {
    row(tool.name, tool.present ? tool.version : "absent: not measured");
  }
  return text + "</table>\n";
}

std::string rates_table(const BenchReport& report) {
  if (report.no_drop.empty()) return "";
  std::string text =
      "<h2>Highest rate without loss</h2>\n<table "
      "class=\"names\"><tr><th>Frame</th><th>Tool</th><th>Packets/s</th>"
      "<th>Gb/s</th><th>First loss at, packets/s</th></tr>\n";
  for (const NoDropRate& rate : report.no_drop) {
    text += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        frame_words(rate.frame), tools::escape_xml(rate.tool),
        rate.measured ? tools::grouped(static_cast<std::uint64_t>(rate.pps)) : "not measured",
        rate.measured ? fmt::format("{:.2f}", rate.bps / kGiga) : "",
        rate.lowest_with_loss_pps == 0
            ? (rate.measured ? std::string("none, up to the generator's top speed") : std::string())
            : tools::grouped(static_cast<std::uint64_t>(rate.lowest_with_loss_pps)));
  }
  return text + "</table>\n";
}

std::string trials_table(const BenchReport& report) {
  std::string text =
      "<details><summary>All trials</summary><table "
      "class=\"names\"><tr><th>Tool</th><th>For</th><th>Frame</th>"
      "<th>Gb/s</th><th>Offered</th><th>Written</th><th>Lost %</th><th>CPU ns</th><th>Memory, "
      "MiB</th></tr>\n";
  for (const Trial& trial : report.trials) {
    text += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.2f}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{:.0f}</td><td>{}</td></tr>\n",
        tools::escape_xml(trial.tool), trial.purpose, trial.frame, trial.offered_bps() / kGiga,
        tools::grouped(trial.offered),
        trial.valid() ? tools::grouped(trial.written) : tools::escape_xml(trial.failure),
        trial.valid() ? fmt::format("{:.3f}", trial.loss_percent()) : "-",
        trial.cpu_ns_per_packet(), trial.peak_rss_kib / 1024);
  }
  return text + "</table></details>\n";
}

// For a run without a search: the largest load of a curve that was recorded whole.
std::string curve_sentence(const BenchReport& report) {
  const Trial* best = nullptr;
  for (const Trial& trial : report.trials) {
    if (trial.purpose != "curve" || trial.tool != "capstan" || !trial.lossless()) continue;
    if (best == nullptr || trial.offered_bps() > best->offered_bps()) best = &trial;
  }
  if (best == nullptr) {
    return report.bursts.empty()
               ? "Too little was measured to say at which rate this machine begins to lose packets."
               : "How long a burst at the generator's top speed may last, by the size of the ring.";
  }
  return fmt::format("The largest load that capstan recorded whole was {:.1f} Gb/s of {}.",
                     best->offered_bps() / kGiga, frame_words(best->frame));
}

}  // namespace

std::string summary_sentence(const BenchReport& report) {
  // The largest frames measured: what a SPAN port at full load carries most of its bytes in.
  std::string frame;
  double bytes = 0;
  for (const NoDropRate& rate : report.no_drop) {
    const double mean = mean_packet_bytes(report, rate.frame);
    if (mean > bytes) {
      bytes = mean;
      frame = rate.frame;
    }
  }
  const double own = frame.empty() ? -1 : no_drop_gbps(report, "capstan", frame);
  if (own < 0) return curve_sentence(report);
  std::string best_peer;
  double best = -1;
  for (const std::string& tool : present_tools(report)) {
    const double rate = tool == "capstan" ? -1 : no_drop_gbps(report, tool, frame);
    if (rate > best) {
      best = rate;
      best_peer = tool;
    }
  }
  std::string text = fmt::format(
      "With packets of {} this machine records {:.1f} Gb/s to disk with capstan and loses none",
      frame_words(frame), own);
  if (!best_peer.empty()) {
    text += fmt::format("; the best of the other programs measured, {}, {}", best_peer,
                        best > 0 ? fmt::format("manages {:.1f} Gb/s", best)
                                 : std::string("lost packets at every rate tried"));
  }
  text += '.';
  const double disk = disk_limit_gbps(report, frame);
  if (disk > 0) {
    text += fmt::format(" The disk itself could take {:.1f} Gb/s of such packets.", disk);
  }
  return text;
}

std::string html_page(const BenchReport& report) {
  std::string text(kHead);
  text += "<h1>Where this machine begins to lose packets</h1>\n";
  text +=
      fmt::format("<p class=\"sentence\">{}</p>\n", tools::escape_xml(summary_sentence(report)));
  if (report.interrupted) {
    text +=
        "<p class=\"warn\">The run was interrupted: what follows is what had been measured.</p>\n";
  }
  // The figure of the sentence above is in the first of them.
  for (const BarChart& chart : bar_charts(report)) {
    text += "<div class=\"chart\">" + draw(chart) + "</div>\n";
  }
  std::string_view anchor = " id=\"loss\"";
  for (const LineChart& chart : loss_charts(report)) {
    text += fmt::format("<div class=\"chart\"{}>{}</div>\n", anchor, draw(chart));
    anchor = {};
  }
  text += rates_table(report);
  text += machine_table(report);
  if (!report.notes.empty()) {
    text += "<h2>Notes</h2>\n<ul>";
    for (const std::string& note : report.notes) {
      text += fmt::format("<li>{}</li>\n", tools::escape_xml(note));
    }
    text += "</ul>\n";
  }
  text += trials_table(report);
  return text +
         "<p><small>Loss is counted from the packets found in the files, each of which carries a "
         "number. Rates are of the frames as AF_PACKET shows them, without FCS, preamble and "
         "gap; frame sizes are named with FCS, as RFC 2544 does.</small></p>\n</body></html>\n";
}

}  // namespace capstan::bench
