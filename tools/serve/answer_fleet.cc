#include "tools/serve/answer_fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/core/errors.h"
#include "tools/common/json_text.h"
#include "tools/common/link_filter.h"
#include "tools/common/units.h"
#include "tools/fleet/fleet_flows.h"
#include "tools/fleet/fleet_reader.h"
#include "tools/fleet/fleet_report.h"
#include "tools/fleet/table_client.h"
#include "tools/query/answer_end.h"
#include "tools/serve/download.h"
#include "tools/serve/filter_trial.h"
#include "tools/serve/flow_rows.h"
#include "writers/recording/packet_copier.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;
using fleet::asking::FleetFile;
using fleet::asking::FleetReport;
using fleet::asking::SensorRows;
using fleet::asking::TableAnswer;

// Sensors that are whole and have a line all the same.
constexpr std::size_t kWholeInComment = 50;
constexpr std::size_t kWholeInTrailer = 5;
// Of what waits for other sensors, in an answer; of one sensor at least.
constexpr std::size_t kMemoryBytes = std::size_t{32} << 20;
constexpr std::size_t kLeastMemoryBytes = std::size_t{64} << 10;

// Null: answered.
const FleetFile* fleet_of(const Desk& desk, const Question& question, Answer& answer) {
  const FleetFile* const fleet = desk.fleets.find(*question.fleet);
  if (fleet != nullptr) return fleet;
  answer.whole(404, kJsonType,
               error_json(desk.fleets.empty()
                              ? "fleet: this server asks no others: --fleet FILE gives it some"
                              : fmt::format("fleet: there is none of this name, but {}",
                                            desk.fleets.names())));
  return nullptr;
}

// Packets of a fleet on their way into the answer.
class Download {
 public:
  Download(const Desk& desk, const Question& question, const FleetFile& fleet, Answer& answer)
      : limits_(desk.limits),
        question_(question),
        answer_(answer),
        set_(set_of(fleet)),
        writer_(download_options(question), answer),
        copier_(set_, options_of(fleet)) {
    copier_.set_writer(writer_);
  }

  SetListener& listener() noexcept { return copier_; }

  void take(fleet::asking::FleetReader& reader) {
    SetPacket packet;
    while (reader.next(packet)) {
      if (count_ == question_.limit) {
        limit_ = fmt::format("limit={}", question_.limit);
        return;
      }
      if (bytes_ + packet.packet.caplen > limits_.bytes) {
        limit_ = bytes_limit_text(limits_.bytes);
        cut_ = true;
        return;
      }
      ++count_;
      bytes_ += packet.packet.caplen;
      copier_.put(packet);
      last_ns_ = std::max(last_ns_, packet.packet.timestamp_ns);
      if (writer_.closed()) return;
    }
    if (answer_.timed_out()) limit_ = seconds_limit_text(limits_.seconds);
  }

  void finish(FleetReport report) {
    report.limit = limit_;
    report.interrupted = cut_ || answer_.stopped().load(std::memory_order_relaxed);
    tools::finish_answer(writer_, copier_, fleet_text(report, kWholeInComment), last_ns_);
    DownloadEnd end{fleet_word(report), fleet_text(report, kWholeInTrailer), count_, 0, 0};
    for (const fleet::asking::SensorResult& sensor : report.sensors) {
      end.lost += sensor.lost.value_or(0);
      const std::uint64_t from_ns = sensor.recorded_from_ns;
      if (from_ns != 0 && (end.recorded_from_ns == 0 || from_ns < end.recorded_from_ns)) {
        end.recorded_from_ns = from_ns;
      }
    }
    finish_download(answer_, end);
  }

 private:
  // A sensor as a file.
  static RecordingSet set_of(const FleetFile& fleet) {
    RecordingSet set;
    for (const fleet::asking::Sensor& sensor : fleet.sensors) {
      set.files.push_back({sensor.name, true, false});
    }
    return set;
  }
  static CopyOptions options_of(const FleetFile& fleet) {
    CopyOptions options;
    for (const fleet::asking::Sensor& sensor : fleet.sensors) {
      options.sensors.push_back(sensor.name);
    }
    return options;
  }

  const ServeLimits& limits_;
  const Question& question_;
  Answer& answer_;
  const RecordingSet set_;
  PacketFileWriter writer_;
  PacketCopier copier_;
  std::string limit_;
  bool cut_ = false;  // by a limit that the client did not ask for
  std::uint64_t last_ns_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

Json sensor_json(const SensorRows& sensor) {
  return {{"sensor", sensor.name},
          {"named", sensor.named},
          {"files", sensor.files},
          {"last", sensor.files == 0 ? Json(nullptr) : Json(tools::utc_time(sensor.last_ns))},
          {"packets_lost", sensor.lost},
          {"files_without_loss_counts", sensor.silent_files},
          {"packets_without_rows", sensor.many_packets},
          {"rows_gone", sensor.rows_gone}};
}

}  // namespace

void answer_fleet_query(const Desk& desk, const Question& question, Answer& answer) {
  const FleetFile* const fleet = fleet_of(desk, question, answer);
  if (fleet == nullptr) return;
  try_filter(question.filter);
  tools::LinkFilter filter(question.filter, RecordingSet{});
  const fleet::asking::FleetQuestion asked{question.range, question.filter, question.inner};
  TableAnswer tables;
  const bool has_tables = !fleet->database.url.empty();
  if (has_tables) tables = ask_tables(*fleet, asked, filter, answer.stopped());
  constexpr std::uint64_t kAny = ~std::uint64_t{0};
  fleet::asking::SensorQuestion to_each =
      sensor_question(asked, question.limit == kAny ? 0 : question.limit);
  to_each.memory_bytes =
      std::clamp(kMemoryBytes / fleet->sensors.size(), kLeastMemoryBytes, to_each.memory_bytes);
  to_each.room = std::make_shared<fleet::asking::SpoolRoom>(desk.limits.bytes);
  begin_download(answer, question);
  Download download(desk, question, *fleet, answer);
  fleet::asking::FleetReader reader(*fleet, to_each,
                                    has_tables && tables.good() ? &tables : nullptr,
                                    download.listener(), {answer.stopped(), answer.gone()});
  download.take(reader);
  download.finish(report_of(*fleet, asked, has_tables ? &tables : nullptr, reader.finish()));
}

void answer_fleet_flows(const Desk& desk, const Question& question, Answer& answer) {
  const FleetFile* const fleet = fleet_of(desk, question, answer);
  if (fleet == nullptr) return;
  if (question.inner) {
    throw UsageError(
        "fleet and inner exclude each other: a conversation's row in the database has "
        "what is outside of tunnels");
  }
  if (fleet->database.url.empty()) {
    throw UsageError("fleet: conversations are asked of a fleet's database, and this one has none");
  }
  try_filter(question.filter);
  tools::LinkFilter filter(question.filter, RecordingSet{});
  tools::FlowBook book(desk.limits.most_flows);
  Json json;
  try {
    const std::vector<SensorRows> sensors =
        ask_flows(*fleet, {question.range, question.filter, false}, filter, answer.stopped(),
                  [&book](const IndexRow& row, std::uint64_t lost) { book.add(row, lost); });
    json["rows"] = flow_rows(book.flows(), question);
    json["flows"] = book.flows().size();
    json["rows_without_place"] = book.rest().rows;
    json["sensors"] = Json::array();
    for (const SensorRows& sensor : sensors) json["sensors"].push_back(sensor_json(sensor));
  } catch (const fleet::asking::TableError& error) {
    answer.whole(502, kJsonType,
                 error_json(fmt::format("the database gave no answer: {}",
                                        answer.timed_out() ? seconds_limit_text(desk.limits.seconds)
                                                           : std::string(error.what()))));
    return;
  }
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

}  // namespace capstan::serve
