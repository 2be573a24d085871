#include "tools/query/completeness_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/common/counted.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

constexpr std::uint64_t kOpen = ~std::uint64_t{0};

std::string between(std::uint64_t from_ns, std::uint64_t to_ns) {
  if (to_ns == kOpen) return fmt::format("after {}", local_time(from_ns));
  return fmt::format("between {} and {}", local_time(from_ns), local_time(to_ns));
}

void put_losses(std::string& text, const Completeness& completeness, std::size_t most) {
  std::size_t named = 0;
  for (const LostPackets& lost : completeness.losses) {
    if (named++ == most) break;
    const std::string who = lost.packets == 0 ? "an unknown number of packets was"
                                              : counted(lost.packets, "packet") +
                                                    (lost.packets == 1 ? " was" : " were");
    text += fmt::format(
        "{} lost {} {} ({}); some may have been yours\n", who, between(lost.from_ns, lost.to_ns),
        lost.is_ring ? fmt::format("on ring {}", lost.source) : std::string("on its interfaces"),
        printable(lost.path));
  }
  const std::uint64_t more = completeness.losses.size() -
                             std::min(completeness.losses.size(), most) +
                             completeness.losses_omitted;
  if (more != 0) text += fmt::format("and {} more times packets were lost\n", grouped(more));
}

void put_files(std::string& text, const std::vector<SetTrouble>& files, const char* what,
               std::size_t most) {
  std::size_t named = 0;
  for (const SetTrouble& file : files) {
    if (named++ == most) {
      text += fmt::format("and {} more files like this\n", grouped(files.size() - most));
      return;
    }
    text += fmt::format("{} {}{}{}\n", printable(file.path), what, file.text.empty() ? "" : ": ",
                        visible_text(file.text));
  }
}

// Of what is not whole: something is known to be missing, whatever other files do not say.
bool known_incomplete(const Completeness& completeness) {
  return completeness.lost != 0 || !completeness.losses.empty() || !completeness.damaged.empty() ||
         !completeness.unreadable.empty() || !completeness.absent.empty() ||
         completeness.interrupted;
}

// Without a newline.
std::string verdict(const Completeness& completeness) {
  const bool limited = completeness.range.limited();
  if (completeness.whole()) {
    const std::string so_far =
        completeness.growing.empty() ? "" : " up to what its recorder has written so far";
    return fmt::format("complete{}: nothing was lost{}", so_far, limited ? " in this time" : "");
  }
  if (!known_incomplete(completeness)) {
    return "not known to be complete: not every file says what it lost";
  }
  if (completeness.lost != 0 || !completeness.losses.empty()) {
    return fmt::format("not complete: {} lost{}", counted(completeness.lost, "packet"),
                       limited ? " in this time" : "");
  }
  if (!completeness.damaged.empty() || !completeness.unreadable.empty()) {
    return "not complete: not everything could be read";
  }
  if (!completeness.absent.empty()) {
    return "not complete: not all files of the recording are here";
  }
  if (!completeness.limit.empty()) {
    return fmt::format("not complete: ended by {}", completeness.limit);
  }
  return "not complete: interrupted";
}

nlohmann::ordered_json time_or_null(std::uint64_t ns) {
  if (ns == 0 || ns == kOpen) return nullptr;
  return utc_time(ns);
}

nlohmann::ordered_json troubles(const std::vector<SetTrouble>& files) {
  auto list = nlohmann::ordered_json::array();
  for (const SetTrouble& file : files) list.push_back({{"file", file.path}, {"why", file.text}});
  return list;
}

}  // namespace

const char* completeness_word(const Completeness& completeness) {
  if (completeness.whole()) return "yes";
  return known_incomplete(completeness) ? "no" : "unknown";
}

std::string completeness_text(const Completeness& completeness, std::size_t most_losses) {
  std::string text = verdict(completeness) + "\n";
  put_losses(text, completeness, most_losses);
  put_files(text, completeness.damaged, "is not whole, read up to there", most_losses);
  put_files(text, completeness.unreadable, "could not be read", most_losses);
  for (std::size_t i = 0; i < completeness.absent.size(); ++i) {
    if (i == most_losses) {
      text += fmt::format("and {} more parts are missing\n", completeness.absent.size() - i);
      break;
    }
    text += visible_text(completeness.absent[i]) + "\n";
  }
  put_files(text, completeness.growing, "is being written: read up to what is in it now",
            most_losses);
  if (!completeness.silent.empty()) {
    text += fmt::format(
        "{} not say whether packets were lost: {}{}\n",
        completeness.silent.size() == 1 ? std::string("1 file does")
                                        : grouped(completeness.silent.size()) + " files do",
        printable(completeness.silent.front()), completeness.silent.size() == 1 ? "" : ", ...");
  }
  if (!completeness.limit.empty()) {
    text += fmt::format("the answer ends with {}: what follows was not looked at\n",
                        completeness.limit);
  }
  if (completeness.interrupted && completeness.limit.empty())
    text += "interrupted: what follows was not looked at\n";
  const TimeRange& range = completeness.range;
  if (!completeness.has_packets) {
    if (range.limited() && !completeness.interrupted)
      text += "no packet is recorded in these files\n";
    return text;
  }
  if (range.since_ns != 0 && range.since_ns < completeness.covered_from_ns) {
    text += fmt::format("the first packet recorded here is of {}\n",
                        local_time(completeness.covered_from_ns));
  }
  if (range.until_ns != kOpen && range.until_ns > completeness.covered_to_ns &&
      completeness.limit.empty()) {
    text += fmt::format("the last packet recorded here is of {}\n",
                        local_time(completeness.covered_to_ns));
  }
  return text;
}

nlohmann::ordered_json completeness_json(const Completeness& completeness) {
  nlohmann::ordered_json json;
  json["complete"] = completeness.whole();
  json["verdict"] = verdict(completeness);
  json["packets_lost"] = completeness.lost;
  auto losses = nlohmann::ordered_json::array();
  for (const LostPackets& lost : completeness.losses) {
    losses.push_back({{"file", lost.path},
                      {lost.is_ring ? "ring" : "interface", lost.source},
                      {"from", time_or_null(lost.from_ns)},
                      {"to", time_or_null(lost.to_ns)},
                      {"packets", lost.packets}});
  }
  json["losses"] = std::move(losses);
  json["losses_omitted"] = completeness.losses_omitted;
  json["damaged"] = troubles(completeness.damaged);
  json["unreadable"] = troubles(completeness.unreadable);
  json["absent"] = completeness.absent;
  auto growing = nlohmann::ordered_json::array();
  for (const SetTrouble& file : completeness.growing) growing.push_back(file.path);
  json["being_written"] = std::move(growing);
  json["without_loss_counts"] = completeness.silent;
  json["interrupted"] = completeness.interrupted;
  json["limit"] = completeness.limit.empty() ? nlohmann::ordered_json(nullptr)
                                             : nlohmann::ordered_json(completeness.limit);
  json["since"] = time_or_null(completeness.range.since_ns);
  json["until"] = time_or_null(completeness.range.until_ns);
  json["recorded_from"] = time_or_null(completeness.covered_from_ns);
  json["recorded_to"] = time_or_null(completeness.covered_to_ns);
  json["files"] = completeness.files;
  json["files_found_by_index"] = completeness.files_planned;
  return json;
}

std::string query_stats_json(const QueryTotals& totals, const Completeness& completeness,
                             const std::string& filter) {
  nlohmann::ordered_json json;
  json["filter"] = filter;
  json["packets"] = totals.packets;
  json["bytes"] = totals.bytes;
  json["packets_read"] = totals.packets_read;
  json["bytes_read"] = totals.bytes_read;
  json["duration_s"] = static_cast<double>(totals.duration_ns) / 1e9;
  json["completeness"] = completeness_json(completeness);
  return dump_json(json, 2) + "\n";
}

}  // namespace capstan::tools
