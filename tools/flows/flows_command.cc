#include "tools/flows/flows_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>

#include "engine/reader/recording_set.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/flows/flow_gatherer.h"
#include "tools/flows/flow_text.h"
#include "tools/flows/flows_cli.h"
#include "tools/show/output_stream.h"

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
    print();
    return report();
  }

 private:
  template <typename Item, typename Before>
  void put_sorted(std::vector<Item>& items, Before before, show::OutputStream& out,
                  std::string (*line)(const Item&, FlowStyle, Talkers)) {
    const std::size_t count =
        line_.top == 0 ? items.size() : std::min<std::size_t>(items.size(), line_.top);
    std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count),
                      items.end(), before);
    for (std::size_t i = 0; i < count && !out.closed(); ++i) {
      out.put(line(items[i], line_.style, line_.talkers));
    }
    out.flush();
  }

  void print() {
    show::OutputStream out(STDOUT_FILENO);
    if (line_.talkers != Talkers::kNone) {
      out.put(talker_head(line_.style, line_.talkers));
      std::vector<Talker> talkers = talkers_of(flows_.book().flows(), line_.talkers);
      put_sorted(
          talkers,
          [this](const Talker& a, const Talker& b) { return comes_before(a, b, line_.order); }, out,
          talker_line);
      return;
    }
    out.put(flow_head(line_.style));
    put_sorted<Flow>(
        flows_.book().flows(),
        [this](const Flow& a, const Flow& b) { return comes_before(a, b, line_.order); }, out,
        [](const Flow& flow, FlowStyle style, Talkers) { return flow_line(flow, style); });
  }

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
        if (named++ < kMostNamed) say("{}: {}\n", printable(trouble.path), trouble.text);
      }
    }
    for (const SetTrouble& trouble : set_.troubles) {
      say("{}: {}\n", printable(trouble.path), trouble.text);
    }
    if (named > kMostNamed) say("and {} more files\n", grouped(named - kMostNamed));
    if (stop_.load(std::memory_order_relaxed)) say("interrupted\n");
    return kExitDone;
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
  return Flows(*line, stop_flag_on_signals()).run();
}

}  // namespace capstan::tools
