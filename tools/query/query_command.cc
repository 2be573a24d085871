#include "tools/query/query_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/filter/packet_filter.h"
#include "engine/reader/completeness.h"
#include "engine/reader/set_reader.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/outputs.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/query/answer.h"
#include "tools/query/answer_end.h"
#include "tools/query/completeness_text.h"
#include "tools/query/fleet_query.h"
#include "tools/query/gentle.h"
#include "tools/query/query_cli.h"
#include "tools/query/query_filter.h"
#include "tools/query/query_list.h"
#include "tools/watch/status_socket.h"

namespace capstan::tools {

namespace {

// A recorder is running here, or one of the files is being written.
bool beside_recorder(const RecordingSet& set) {
  const bool unfinished = std::any_of(set.files.begin(), set.files.end(),
                                      [](const SetFile& file) { return file.unfinished; });
  return unfinished || a_recorder_runs();
}

class Query {
 public:
  Query(const QueryCommandLine& line, const std::atomic<bool>& stop)
      : line_(line), stop_(stop), set_(RecordingSet::find(line.inputs)), filter_(line, set_) {}

  int run() {
    const NamedOutput outputs[] = {{"-w", line_.write_path}, {"--stats-json", line_.stats_path}};
    refuse_to_overwrite(outputs, set_);
    const bool gentle = line_.gentleness == Gentleness::kAlways ||
                        (line_.gentleness == Gentleness::kAuto && beside_recorder(set_));
    if (gentle) become_idle();
    if (line_.use_index) filter_.plan_ahead(set_);
    if (line_.list_only) return list_query(line_, set_, filter_);
    const std::uint64_t began_ns = monotonic_clock_ns();
    const std::unique_ptr<Answer> answer = make_answer(line_, set_, {}, kCompletenessRoomBytes);
    SetReader reader(set_, reader_options(*answer));
    filter_.end_plans();
    TakenPackets taken;
    try {
      taken = take_packets(reader, *answer, line_, totals_);
    } catch (...) {
      answer->save();
      throw;
    }
    reader.finish();
    const Completeness completeness =
        judge(reader, line_.range, reader.stopped(), taken.limit, taken.reached_ns);
    answer->finish(completeness_text(completeness, kLossesInComment));
    report(reader, completeness, taken, monotonic_clock_ns() - began_ns);
    return line_.fail_on_loss && !completeness.whole() ? kExitLoss : kExitDone;
  }

 private:
  SetReaderOptions reader_options(Answer& answer) {
    SetReaderOptions options;
    options.range = line_.range;
    options.listener = &answer.listener();
    options.report_others = !line_.write_path.empty();
    options.stop = &stop_;
    if (!line_.filter.empty()) {
      options.accept = [this](const PacketView& packet) { return filter_.matches(packet); };
    }
    if (line_.use_index) {
      options.plan = [this](const SetFile& file) { return filter_.plan(file); };
    }
    return options;
  }

  void report(const SetReader& reader, const Completeness& completeness, const TakenPackets& taken,
              std::uint64_t duration_ns) {
    for (const FileOutcome& outcome : reader.outcomes()) {
      totals_.packets_read += outcome.packets;
      totals_.bytes_read += outcome.bytes;
    }
    totals_.duration_ns = duration_ns;
    if (!line_.stats_path.empty()) {
      write_stats(line_.stats_path, query_stats_json(totals_, completeness, line_.filter));
    }
    if (taken.limit == kClosedOutput) return;
    filter_.link_filter().report("query");
    say("{} packet{}, {} from {} file{}\n{}", grouped(totals_.packets),
        totals_.packets == 1 ? "" : "s", human_bytes(totals_.bytes), grouped(completeness.files),
        completeness.files == 1 ? "" : "s", completeness_text(completeness));
  }

  const QueryCommandLine& line_;
  const std::atomic<bool>& stop_;
  const RecordingSet set_;
  QueryFilter filter_;
  QueryTotals totals_;
};

}  // namespace

int query_command(int argc, char** argv) {
  const auto line = parse_query_command_line(argc, argv);
  if (!line) return kExitDone;
  std::signal(SIGPIPE, SIG_IGN);
  if (!line->fleet_path.empty()) return query_fleet(*line, stop_flag_on_signals());
  return Query(*line, stop_flag_on_signals()).run();
}

}  // namespace capstan::tools
