#include "tools/flows/flow_gatherer.h"

#include <fmt/format.h>

#include <optional>
#include <system_error>
#include <utility>

#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "engine/reader/set_reader.h"
#include "engine/reader/unreadable_file.h"
#include "tools/flows/flow_applications.h"

namespace capstan::tools {

FlowGatherer::FlowGatherer(const FlowWish& wish, const RecordingSet& set,
                           const std::atomic<bool>& stop)
    : wish_(wish),
      set_(set),
      stop_(stop),
      filter_(wish.filter, set),
      planner_([this](std::uint16_t link_type) { return filter_.program(link_type); }, wish.range,
               wish.inner),
      book_(wish.most_flows) {}

void FlowGatherer::gather() {
  for (const SetFile& file : set_.files) {
    if (stop_.load(std::memory_order_relaxed)) return;
    add_file(file);
  }
}

void FlowGatherer::name_applications() {
  FlowApplications applications(book_.flows());
  SetReaderOptions options;
  options.range = wish_.range;
  options.stop = &stop_;
  if (!wish_.filter.empty() && !wish_.inner) {
    options.accept = [this](const PacketView& packet) { return filter_.matches(packet); };
  }
  options.plan = [this](const SetFile& file) { return planner_.plan(file); };
  SetReader reader(set_, std::move(options));
  SetPacket packet;
  while (reader.next(packet)) applications.on_packet(packet.packet);
  applications.finish();
}

void FlowGatherer::add_file(const SetFile& file) {
  std::optional<IndexReader> index = planner_.open(file);
  if (index) {
    if (add_rows(*index, file.path)) {
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
    if (!made.damage.empty()) damaged_.push_back({file.path, made.damage});
    IndexReader::Opened opened = IndexReader::from_bytes_unchecked(made.bytes);
    if (!opened.reader || !add_rows(*opened.reader, file.path)) {
      unread_.push_back({file.path, "it cannot be indexed: " + opened.reason});
      return;
    }
    ++read_files_;
  } catch (const UnreadableFile& error) {
    if (file.named) throw;
    unread_.push_back({file.path, without_name(file.path, error.what())});
  } catch (const UsageError&) {  // no recording
    if (file.named) throw;
  } catch (const std::system_error& error) {
    if (file.named) throw;
    unread_.push_back({file.path, without_name(file.path, error.what())});
  }
}

// False: the index is damaged; nothing of it is in the book then.
bool FlowGatherer::add_rows(IndexReader& index, const std::string& path) {
  std::vector<IndexRow> rows;
  const bool good =
      planner_.visit(index, [&](const IndexRow& row, const std::vector<std::uint32_t>&) {
        rows.push_back(row);
        return true;
      });
  if (!good) return false;
  const IndexSummary& summary = index.summary();
  if (summary.skipped_blocks != 0) {
    partly_.push_back({path, fmt::format("{} blocks are not indexed yet", summary.skipped_blocks)});
  }
  for (const IndexRow& row : rows) {
    book_.add(row, summary.dropped == 0 ? 0 : index.lost_between(row.first_ns, row.last_ns));
  }
  if (!summary.place_known) parts_.add_unknown();
  parts_.add(summary.place, path, summary.first_ns, summary.last_ns);
  if (rows.empty()) return true;
  many_.rows += summary.many_rows;
  many_.packets += summary.many_packets;
  skipped_blocks_ += summary.skipped_blocks;
  return true;
}

}  // namespace capstan::tools
