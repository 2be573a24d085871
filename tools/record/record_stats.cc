#include "tools/record/record_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "tools/common/terminal.h"
#include "tools/common/units.h"

namespace capstan::tools {

std::uint64_t RecordStats::sum(std::uint64_t RingStats::*member) const noexcept {
  std::uint64_t total = 0;
  for (const RingStats& ring : rings) total += ring.*member;
  return total;
}

std::uint64_t RecordStats::sum(std::uint64_t FileStats::*member) const noexcept {
  std::uint64_t total = 0;
  for (const FileStats& file : files) total += file.*member;
  return total;
}

const char* LinkStats::state() const noexcept {
  if (gone) return "gone";
  if (!up) return "down";
  return carrier ? "up" : "no-carrier";
}

std::uint64_t RecordStats::abandoned() const noexcept {
  return final ? sum(&RingStats::abandoned) + sum(&FileStats::left) : 0;
}

std::uint64_t RecordStats::lost() const noexcept {
  return sum(&RingStats::dropped) + sum(&RingStats::damaged) + sum(&FileStats::failed) +
         abandoned();
}

bool RecordStats::reconciled() const noexcept {
  const bool rings_agree = std::all_of(rings.begin(), rings.end(), [](const RingStats& ring) {
    return ring.reconciled && ring.received == ring.dropped + ring.sealed + ring.damaged +
                                                   ring.beyond_limit + ring.after_stop +
                                                   ring.abandoned;
  });
  const bool files_agree = std::all_of(files.begin(), files.end(), [](const FileStats& file) {
    return file.taken == file.written + file.failed + file.beyond_limit;
  });
  const bool handed_on = sum(&RingStats::sealed) == sum(&FileStats::taken) + sum(&FileStats::left);
  return rings_agree && files_agree && handed_on && (impatient || abandoned() == 0) &&
         sum(&RingStats::received) ==
             sum(&FileStats::written) + sum(&RingStats::dropped) + sum(&RingStats::damaged) +
                 sum(&RingStats::beyond_limit) + sum(&FileStats::beyond_limit) +
                 sum(&RingStats::after_stop) + sum(&FileStats::failed) + abandoned();
}

namespace {

std::string feed_text(const FeedStats& feed) {
  std::string text =
      fmt::format("{:>16} packets sent over {} connection{} to {}\n", grouped(feed.packets_sent),
                  grouped(feed.clients), feed.clients == 1 ? "" : "s", feed.targets);
  if (feed.packets_lost != 0) {
    text += fmt::format("{:>16} packets were not sent: the connections were too slow\n",
                        grouped(feed.packets_lost));
  }
  if (feed.packets_skipped != 0) {
    text += fmt::format("{:>16} packets were recorded but sent to nobody: there was no time\n",
                        grouped(feed.packets_skipped));
  }
  return text;
}

std::string audit_text(const AuditStats& audit) {
  std::string text =
      fmt::format("{:>16} login{} in the clear among {} session{} of {} packet{}, in {}\n",
                  grouped(audit.logins), audit.logins == 1 ? "" : "s", grouped(audit.sessions),
                  audit.sessions == 1 ? "" : "s", grouped(audit.packets),
                  audit.packets == 1 ? "" : "s", visible_text(audit.path));
  if (audit.packets_skipped != 0) {
    text += fmt::format(
        "{:>16} packets were recorded but not audited: the audit was too slow for {} ring blocks\n",
        grouped(audit.packets_skipped), grouped(audit.blocks_skipped));
  }
  if (audit.left_out != 0) {
    text += fmt::format(
        "{:>16} kinds of things could not be looked at: the last line of the findings names them\n",
        grouped(audit.left_out));
  }
  return text;
}

// "x.pcapng (1.4 MiB)"; of a series its files, and what became of them.
std::string target_text(const FileStats& file) {
  if (file.finished_count == 0 || file.finished.empty()) {
    return fmt::format("{} ({})", visible_text(file.path), human_bytes(file.bytes));
  }
  const auto name = [](const FinishedFile& one) {
    return visible_text(std::filesystem::path(one.path).filename().string());
  };
  // The first of them is known when all are listed; of a longer series the number says enough.
  const bool all_listed = file.finished.size() == file.finished_count;
  std::string text = visible_text(file.finished.back().path);
  if (file.finished_count > 1) {
    text = fmt::format("{} files, {}{}", grouped(file.finished_count),
                       all_listed ? name(file.finished.front()) + " to " : "the last ",
                       name(file.finished.back()));
    const std::string folder = std::filesystem::path(file.path).parent_path().string();
    if (!folder.empty()) text += " in " + visible_text(folder);
  }
  text += fmt::format(" ({})", human_bytes(file.bytes));
  if (file.deleted_count != 0) {
    text +=
        fmt::format("; {} of the oldest deleted, as was asked for", grouped(file.deleted_count));
  }
  return text;
}

}  // namespace

std::string report_text(const RecordStats& stats) {
  std::string text;
  const auto line = [&text](std::uint64_t packets, std::string_view what, bool always) {
    if (always || packets != 0) text += fmt::format("{:>16} {}\n", grouped(packets), what);
  };
  const std::uint64_t written = stats.sum(&FileStats::written);
  std::string targets;
  for (const FileStats& file : stats.files) {
    targets += (targets.empty() ? "" : ", ") + target_text(file);
  }
  line(stats.sum(&RingStats::received),
       fmt::format("packets received by the filter in {}", human_duration(stats.duration_ns)),
       true);
  line(written, fmt::format("written to {}", targets), true);
  line(stats.sum(&RingStats::dropped),
       fmt::format("dropped by the kernel: the ring was full ({} time{})",
                   stats.sum(&RingStats::freezes), stats.sum(&RingStats::freezes) == 1 ? "" : "s"),
       true);
  line(stats.sum(&FileStats::failed), "not written because of an error", false);
  line(stats.sum(&RingStats::damaged), "damaged ring slots", false);
  line(stats.sum(&RingStats::beyond_limit) + stats.sum(&FileStats::beyond_limit),
       "after the limit (-c, -a) was reached", false);
  line(stats.sum(&RingStats::after_stop), "arrived after the stop", false);
  line(stats.abandoned(), "abandoned at the second interrupt", false);
  line(stats.nic_drops, "lost by the network adapter before the kernel saw them", false);
  line(
      stats.backlog_drops,
      "dropped by the kernel in front of the ring, on all interfaces of this machine together: the "
      "backlog was full (raise net.core.netdev_max_backlog)",
      false);
  line(stats.rx_dropped,
       "counted by the kernel as rx_dropped: dropped in front of the ring, or of no protocol's "
       "interest and recorded all the same",
       false);
  if (stats.sum(&RingStats::truncated) != 0) {
    line(stats.sum(&RingStats::truncated),
         "of the written are cut: a ring block was too small for them (raise --block-size)", false);
  }
  if (stats.audit) text += audit_text(*stats.audit);
  if (stats.feed) text += feed_text(*stats.feed);
  if (stats.reconciled()) {
    text += fmt::format("{:>16} received = written + dropped{}\n", "reconciled:",
                        stats.sum(&RingStats::received) == written + stats.sum(&RingStats::dropped)
                            ? ""
                            : " + the other classes above");
  } else {
    text +=
        fmt::format("{:>16} the counts do not add up: this is a bug in capstan, please report it\n",
                    "NOT RECONCILED:");
  }
  return text;
}

namespace {

// "12345", "1.23M": for a line that is short of room.
std::string short_count(std::uint64_t count) {
  constexpr std::uint64_t kDigitsSayIt = 100'000;
  if (count < kDigitsSayIt) return fmt::format("{}", count);
  std::string text = human_rate(static_cast<double>(count));
  std::erase(text, ' ');
  return text;
}

}  // namespace

std::string live_text(const RecordStats& stats, const RecordStats& before,
                      std::uint64_t interval_ns, int columns) {
  const double seconds = std::max(1e-9, static_cast<double>(interval_ns) / 1e9);
  const auto rate = [&](std::uint64_t now, std::uint64_t then) {
    return static_cast<double>(now - then) / seconds;
  };
  const std::uint64_t packets = stats.sum(&RingStats::sealed);
  const std::uint64_t blocks = std::max<std::uint64_t>(1, stats.sum(&RingStats::block_count));
  const std::uint64_t bytes = stats.sum(&FileStats::bytes);
  const std::uint64_t total_s = stats.duration_ns / 1'000'000'000;
  const std::uint64_t dropped = stats.sum(&RingStats::dropped);
  const LinePart parts[] = {
      {fmt::format("{:02}:{:02}:{:02}", total_s / 3600, total_s / 60 % 60, total_s % 60), "", 7},
      {fmt::format("{} packets", grouped(packets)), fmt::format("{} pkts", short_count(packets)),
       9},
      {fmt::format("{}packets/s", human_rate(rate(packets, before.sum(&RingStats::sealed)))), "",
       5},
      {fmt::format("{:.2f} Gb/s", rate(stats.sum(&RingStats::captured_bytes),
                                       before.sum(&RingStats::captured_bytes)) *
                                      8 / 1e9),
       "", 8},
      {fmt::format("dropped {}", grouped(dropped)), fmt::format("lost {}", short_count(dropped)),
       10},
      {fmt::format("ring {} %", stats.sum(&RingStats::held_blocks) * 100 / blocks), "", 6},
      {fmt::format("disk {}B/s", human_rate(rate(bytes, before.sum(&FileStats::bytes)))), "", 3},
      {fmt::format("file {}", human_bytes(bytes)), "", 4}};
  return fit_line(parts, columns);
}

}  // namespace capstan::tools
