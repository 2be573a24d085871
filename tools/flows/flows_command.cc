#include "tools/flows/flows_command.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <optional>

#include "engine/reader/recording_set.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/flows/fleet_flows_command.h"
#include "tools/flows/flow_gatherer.h"
#include "tools/flows/flow_print.h"
#include "tools/flows/flows_cli.h"

namespace capstan::tools {

namespace {

class Flows {
 public:
  Flows(const FlowsCommandLine& line, const std::atomic<bool>& stop)
      : line_(line),
        stop_(stop),
        set_(RecordingSet::find(line.inputs)),
        flows_({line.range, line.filter, line.inner, line.most_flows}, set_, stop) {}

  int run() {
    flows_.gather();
    if (line_.applications) flows_.name_applications();
    print_flows(line_, flows_.book());
    return report();
  }

 private:
  int report() const {
    say("{} conversations from {} indexes", grouped(flows_.book().flows().size()),
        grouped(flows_.indexed_files()));
    if (flows_.read_files() != 0) {
      say(" and {} file{} read without one", grouped(flows_.read_files()),
          flows_.read_files() == 1 ? "" : "s");
    }
    say("\n");
    flows_.filter().report("flows");
    if (flows_.book().rest().rows != 0) {
      say("{} more rows ({} packets, {}) are in no line: --max-flows {} is reached\n",
          grouped(flows_.book().rest().rows), grouped(flows_.book().rest().packets),
          human_bytes(flows_.book().rest().bytes), line_.most_flows);
    }
    if (flows_.many().packets != 0) {
      say("{} packets of at least {} conversations have no rows of their own (a scan?)\n",
          grouped(flows_.many().packets), grouped(flows_.many().rows));
    }
    if (flows_.skipped_blocks() != 0) {
      say("{} blocks are not indexed yet\n", grouped(flows_.skipped_blocks()));
    }
    constexpr std::size_t kMostNamed = 10;
    std::size_t named = 0;
    for (const auto* list : {&flows_.unread(), &flows_.damaged()}) {
      for (const SetTrouble& trouble : *list) {
        if (named++ < kMostNamed) {
          say("{}: {}\n", printable(trouble.path), visible_text(trouble.text));
        }
      }
    }
    for (const SetTrouble& trouble : set_.troubles) {
      say("{}: {}\n", printable(trouble.path), visible_text(trouble.text));
    }
    if (named > kMostNamed) say("and {} more files\n", grouped(named - kMostNamed));
    const bool stopped = stop_.load(std::memory_order_relaxed);
    if (stopped) say("interrupted\n");
    const bool all_read =
        flows_.unread().empty() && flows_.damaged().empty() && set_.troubles.empty();
    // Of a file that was not read it is not known what it is.
    if (all_read && !stopped) {
      for (const std::string& sentence : flows_.parts().absent(line_.range)) {
        say("{}\n", visible_text(sentence));
      }
    }
    return all_read ? kExitDone : kExitFailed;
  }

  const FlowsCommandLine& line_;
  const std::atomic<bool>& stop_;
  const RecordingSet set_;
  FlowGatherer flows_;
};

}  // namespace

int flows_command(int argc, char** argv) {
  const auto line = parse_flows_command_line(argc, argv);
  if (!line) return kExitDone;
  std::signal(SIGPIPE, SIG_IGN);
  if (!line->fleet_path.empty()) return flows_of_fleet(*line, stop_flag_on_signals());
  return Flows(*line, stop_flag_on_signals()).run();
}

}  // namespace capstan::tools
