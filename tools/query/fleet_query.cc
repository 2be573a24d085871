#include "tools/query/fleet_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/core/clock.h"
#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/link_filter.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/fleet/fleet_reader.h"
#include "tools/fleet/fleet_report.h"
#include "tools/query/answer.h"
#include "tools/query/answer_end.h"

namespace capstan::tools {

namespace {

using fleet::asking::FleetFile;
using fleet::asking::FleetReader;
using fleet::asking::FleetReport;
using fleet::asking::TableAnswer;
using fleet::asking::TableFile;

// Of a line of the record for each sensor.
constexpr std::size_t kRecordBytesASensor = 300;
constexpr std::size_t kMostRecordBytes = 32'000;  // of an option's 65,535
constexpr std::size_t kWholeInComment = 50;

class FleetQuery {
 public:
  FleetQuery(const QueryCommandLine& line, const std::atomic<bool>& stop)
      : line_(line),
        stop_(stop),
        fleet_(fleet::asking::read_fleet_file(line.fleet_path)),
        question_{line.range, line.filter, line.inner},
        filter_(line.filter, RecordingSet{}) {
    for (const fleet::asking::Sensor& sensor : fleet_.sensors) {
      names_.push_back(sensor.name);
      set_.files.push_back({sensor.name, true, false});
    }
  }

  int run() {
    const std::uint64_t began_ns = monotonic_clock_ns();
    if (!fleet_.database.url.empty()) {
      tables_ = ask_tables(fleet_, question_, filter_, stop_);
      asked_tables_ = true;
    }
    if (line_.list_only) return list();
    const std::unique_ptr<Answer> answer = make_answer(line_, set_, names_, record_room());
    FleetReader reader(fleet_, sensor_question(question_, limit_for_sensors()),
                       asked_tables_ && tables_.good() ? &tables_ : nullptr, answer->listener(),
                       {stop_, impatience_flag()});
    TakenPackets taken;
    try {
      taken = take_packets(reader, *answer, line_, totals_);
    } catch (...) {
      answer->save();
      throw;
    }
    FleetReport report =
        report_of(fleet_, question_, asked_tables_ ? &tables_ : nullptr, reader.finish());
    report.limit = taken.limit;
    report.interrupted = stop_.load(std::memory_order_relaxed);
    answer->finish(fleet_text(report, kWholeInComment));
    totals_.duration_ns = monotonic_clock_ns() - began_ns;
    tell(report);
    return line_.fail_on_loss && !report.whole() ? kExitLoss : kExitDone;
  }

 private:
  std::uint64_t limit_for_sensors() const noexcept {
    return line_.packet_limit == std::numeric_limits<std::uint64_t>::max() ? 0 : line_.packet_limit;
  }

  std::uint16_t record_room() const noexcept {
    const std::size_t wanted = kCompletenessRoomBytes + kRecordBytesASensor * names_.size();
    return static_cast<std::uint16_t>(std::min(wanted, kMostRecordBytes));
  }

  void tell(const FleetReport& report) {
    if (!line_.stats_path.empty()) write_stats(line_.stats_path, stats_json(report));
    if (report.limit == kClosedOutput) return;
    say("{} packet{}, {} from {} sensor{}\n{}", grouped(totals_.packets),
        totals_.packets == 1 ? "" : "s", human_bytes(totals_.bytes), grouped(names_.size()),
        names_.size() == 1 ? "" : "s", fleet_text(report));
  }

  std::string stats_json(const FleetReport& report) const {
    nlohmann::ordered_json json;
    json["filter"] = line_.filter;
    json["packets"] = totals_.packets;
    json["bytes"] = totals_.bytes;
    json["duration_s"] = static_cast<double>(totals_.duration_ns) / 1e9;
    json["database_s"] =
        asked_tables_ ? nlohmann::ordered_json(static_cast<double>(tables_.duration_ns) / 1e9)
                      : nlohmann::ordered_json(nullptr);
    json["completeness"] = fleet_json(report);
    return dump_json(json, 2) + "\n";
  }

  // --list: what the database says. No sensor is asked.
  int list() const {
    if (!asked_tables_) {
      fmt::print("there is no [database]: all {} sensors would be asked\n", names_.size());
      return kExitDone;
    }
    if (!tables_.good()) {
      fmt::print("the database gave no answer, so every sensor would be asked: {}\n",
                 tables_.error);
      return kExitDone;
    }
    for (const std::string& name : names_) {
      const auto found = tables_.files.find(name);
      if (found == tables_.files.end()) {
        fmt::print("{}: no file of this time in the database\n", name);
      } else {
        list_files(name, found->second);
      }
    }
    for (const auto& [name, files] : tables_.files) {
      if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
      list_files(visible_text(name) + " (not in the fleet's file)", files);
    }
    return kExitDone;
  }

  static void list_files(const std::string& sensor, const std::vector<TableFile>& files) {
    std::uint64_t conversations = 0;
    std::size_t matching = 0;
    for (const TableFile& file : files) {
      conversations += file.matching;
      if (!file.may_match()) continue;
      ++matching;
      fmt::print("{}: {}: {} conversation{}{}\n", sensor, visible_text(file.name),
                 grouped(file.matching), file.matching == 1 ? "" : "s",
                 file.has_unlisted ? ", and some that have no rows" : "");
    }
    fmt::print("{}: {} of {} files, {} conversations\n", sensor, grouped(matching),
               grouped(files.size()), grouped(conversations));
  }

  const QueryCommandLine& line_;
  const std::atomic<bool>& stop_;
  const FleetFile fleet_;
  const fleet::asking::FleetQuestion question_;
  LinkFilter filter_;  // says what is wrong with the text before anybody is asked
  std::vector<std::string> names_;
  RecordingSet set_;  // a sensor as a file
  TableAnswer tables_;
  bool asked_tables_ = false;
  QueryTotals totals_;
};

}  // namespace

int query_fleet(const QueryCommandLine& line, const std::atomic<bool>& stop) {
  return FleetQuery(line, stop).run();
}

}  // namespace capstan::tools
