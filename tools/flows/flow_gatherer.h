// FlowGatherer: the conversations of a set of recordings, out of their indexes; where there is none
// the file is read and one is made in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/index/index_planner.h"
#include "engine/reader/recording_set.h"
#include "tools/common/link_filter.h"
#include "tools/flows/flow_book.h"
#include "tools/flows/flows_cli.h"

namespace capstan::tools {

// Which conversations, and how many at most are told apart.
struct FlowWish {
  TimeRange range;
  std::string filter;
  bool inner = false;
  std::uint64_t most_flows = 0;
};

// One thread. Set and flag are borrowed.
class FlowGatherer {
 public:
  // Throws UsageError, as LinkFilter.
  FlowGatherer(const FlowWish& wish, const RecordingSet& set, const std::atomic<bool>& stop);

  // Goes through all files, until the flag is true. Throws UsageError and std::system_error for
  // files that were named; what is wrong with others is in unread() and damaged().
  void gather();

  // Reads the packets that a query of this wish would read, and puts into Flow::application what
  // the audit makes of them. After gather(). Throws as it does.
  void name_applications();

  FlowBook& book() noexcept { return book_; }
  const FlowBook& book() const noexcept { return book_; }
  const LinkFilter& filter() const noexcept { return filter_; }
  // Conversations without rows of their own (a scan), at least.
  const FlowRest& many() const noexcept { return many_; }
  std::uint64_t skipped_blocks() const noexcept { return skipped_blocks_; }
  std::uint64_t indexed_files() const noexcept { return indexed_files_; }
  std::uint64_t read_files() const noexcept { return read_files_; }
  // Of these there is no row.
  const std::vector<SetTrouble>& unread() const noexcept { return unread_; }
  // And of these only what stands in front of the damage.
  const std::vector<SetTrouble>& damaged() const noexcept { return damaged_; }
  // And of these not what is in blocks that nobody looked at yet: skipped_blocks().
  const std::vector<SetTrouble>& partly() const noexcept { return partly_; }

 private:
  void add_file(const SetFile& file);
  bool add_rows(IndexReader& index, const std::string& path);

  const FlowWish wish_;
  const RecordingSet& set_;
  const std::atomic<bool>& stop_;
  LinkFilter filter_;
  IndexPlanner planner_;
  FlowBook book_;
  FlowRest many_;
  std::uint64_t skipped_blocks_ = 0;
  std::uint64_t indexed_files_ = 0;
  std::uint64_t read_files_ = 0;
  std::vector<SetTrouble> unread_;
  std::vector<SetTrouble> damaged_;
  std::vector<SetTrouble> partly_;
};

inline std::uint64_t bytes_of(const Flow& flow) noexcept { return flow.all_bytes(); }
inline std::uint64_t packets_of(const Flow& flow) noexcept { return flow.all_packets(); }

// Whether `a` stands in front of `b`: the larger one; of equal ones the earlier. `Item`: Flow, or
// what has bytes_of(), packets_of(), first_ns and last_ns as well.
template <typename Item>
bool comes_before(const Item& a, const Item& b, FlowOrder order) {
  switch (order) {
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

}  // namespace capstan::tools
