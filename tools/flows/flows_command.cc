#include "tools/flows/flows_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <system_error>

#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "engine/index/index_planner.h"
#include "engine/reader/recording_set.h"
#include "tools/common/exit_status.h"
#include "tools/common/link_filter.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/flows/flow_book.h"
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
        filter_(line.filter, set_),
        planner_([this](std::uint16_t link_type) { return filter_.program(link_type); }, line.range,
                 line.inner),
        book_(line.most_flows) {}

  int run() {
    for (const SetFile& file : set_.files) {
      if (stop_.load(std::memory_order_relaxed)) break;
      add_file(file);
    }
    print();
    return report();
  }

 private:
  void add_file(const SetFile& file) {
    std::optional<IndexReader> index = planner_.open(file);
    if (index) {
      if (add_rows(file, *index)) {
        ++indexed_files_;
        return;
      }
      index.reset();
    }
    // Without an index one is made in memory.
    IndexRecordingOptions options;
    options.gentle = true;
    options.progress = [this](std::uint64_t) { return !stop_.load(std::memory_order_relaxed); };
    try {
      const IndexedRecording made = index_recording(file.path, options);
      if (made.stopped) return;
      if (!made.refusal.empty()) {
        unread_.push_back({file.path, made.refusal});
        return;
      }
      if (!made.damage.empty()) unread_.push_back({file.path, made.damage});
      IndexReader::Opened opened = IndexReader::from_bytes_unchecked(made.bytes);
      if (!opened.reader || !add_rows(file, *opened.reader)) {
        unread_.push_back({file.path, "it cannot be indexed: " + opened.reason});
        return;
      }
      ++read_files_;
    } catch (const UsageError& error) {
      if (file.named) throw;
    } catch (const std::system_error& error) {
      if (file.named) throw;
      unread_.push_back({file.path, error.what()});
    }
  }

  // False: the index is damaged; nothing of it is in the book then.
  bool add_rows(const SetFile&, IndexReader& index) {
    std::vector<IndexRow> rows;
    const bool good =
        planner_.visit(index, [&](const IndexRow& row, const std::vector<std::uint32_t>&) {
          rows.push_back(row);
          return true;
        });
    if (!good) return false;
    const IndexSummary& summary = index.summary();
    for (const IndexRow& row : rows) {
      book_.add(row, summary.dropped == 0 ? 0 : index.lost_between(row.first_ns, row.last_ns));
    }
    if (rows.empty()) return true;
    many_.rows += summary.many_rows;
    many_.packets += summary.many_packets;
    skipped_blocks_ += summary.skipped_blocks;
    return true;
  }

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
      std::vector<Talker> talkers = talkers_of(book_.flows(), line_.talkers);
      put_sorted(
          talkers, [this](const Talker& a, const Talker& b) { return comes_before(a, b); }, out,
          talker_line);
      return;
    }
    out.put(flow_head(line_.style));
    put_sorted<Flow>(
        book_.flows(), [this](const Flow& a, const Flow& b) { return comes_before(a, b); }, out,
        [](const Flow& flow, FlowStyle style, Talkers) { return flow_line(flow, style); });
  }

  static std::uint64_t bytes_of(const Flow& flow) { return flow.all_bytes(); }
  static std::uint64_t bytes_of(const Talker& talker) { return talker.bytes; }
  static std::uint64_t packets_of(const Flow& flow) { return flow.all_packets(); }
  static std::uint64_t packets_of(const Talker& talker) { return talker.packets; }

  template <typename Item>
  bool comes_before(const Item& a, const Item& b) const {
    switch (line_.order) {
      case FlowOrder::kBytes:
        if (bytes_of(a) != bytes_of(b)) return bytes_of(a) > bytes_of(b);
        break;
      case FlowOrder::kPackets:
        if (packets_of(a) != packets_of(b)) return packets_of(a) > packets_of(b);
        break;
      case FlowOrder::kDuration:
        if (a.last_ns - a.first_ns != b.last_ns - b.first_ns) {
          return a.last_ns - a.first_ns > b.last_ns - b.first_ns;
        }
        break;
      case FlowOrder::kStart:
        break;
    }
    return a.first_ns < b.first_ns;
  }

  int report() const {
    fmt::print(stderr, "{} conversations from {} indexes", grouped(book_.flows().size()),
               grouped(indexed_files_));
    if (read_files_ != 0) {
      fmt::print(stderr, " and {} file{} read without one", grouped(read_files_),
                 read_files_ == 1 ? "" : "s");
    }
    fmt::print(stderr, "\n");
    filter_.report("flows");
    if (book_.rest().rows != 0) {
      fmt::print(stderr,
                 "{} more rows ({} packets, {}) are in no line: --max-flows {} is reached\n",
                 grouped(book_.rest().rows), grouped(book_.rest().packets),
                 human_bytes(book_.rest().bytes), line_.most_flows);
    }
    if (many_.packets != 0) {
      fmt::print(stderr,
                 "{} packets of at least {} conversations have no rows of their own (a scan?)\n",
                 grouped(many_.packets), grouped(many_.rows));
    }
    if (skipped_blocks_ != 0) {
      fmt::print(stderr, "{} blocks are not indexed yet\n", grouped(skipped_blocks_));
    }
    constexpr std::size_t kMostNamed = 10;
    std::size_t named = 0;
    for (const SetTrouble& trouble : unread_) {
      if (named++ == kMostNamed) break;
      fmt::print(stderr, "{}: {}\n", printable(trouble.path), trouble.text);
    }
    for (const SetTrouble& trouble : set_.troubles) {
      fmt::print(stderr, "{}: {}\n", printable(trouble.path), trouble.text);
    }
    if (unread_.size() > kMostNamed) {
      fmt::print(stderr, "and {} more files\n", grouped(unread_.size() - kMostNamed));
    }
    if (stop_.load(std::memory_order_relaxed)) fmt::print(stderr, "interrupted\n");
    return kExitDone;
  }

  const FlowsCommandLine& line_;
  const std::atomic<bool>& stop_;
  const RecordingSet set_;
  LinkFilter filter_;
  IndexPlanner planner_;
  FlowBook book_;
  FlowRest many_;
  std::uint64_t skipped_blocks_ = 0;
  std::uint64_t indexed_files_ = 0;
  std::uint64_t read_files_ = 0;
  std::vector<SetTrouble> unread_;
};

}  // namespace

int flows_command(int argc, char** argv) {
  const auto line = parse_flows_command_line(argc, argv);
  if (!line) return kExitDone;
  std::signal(SIGPIPE, SIG_IGN);
  return Flows(*line, stop_flag_on_signals()).run();
}

}  // namespace capstan::tools
