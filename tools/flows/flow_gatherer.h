// FlowGatherer: collects the conversations of a set of recordings from their indexes. A file
// without an index is read and an index is made in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/index/index_planner.h"
#include "engine/reader/absent_parts.h"
#include "engine/reader/recording_set.h"
#include "tools/common/link_filter.h"
#include "tools/flows/flow_book.h"
#include "tools/flows/flows_cli.h"

namespace capstan::tools {

// Which conversations are wanted, and how many at most are kept apart.
struct FlowWish {
  TimeRange range;
  std::string filter;
  bool inner = false;
  std::uint64_t most_flows = 0;
};

// One thread. The set and the flag are borrowed.
class FlowGatherer {
 public:
  // Throws UsageError like LinkFilter.
  FlowGatherer(const FlowWish& wish, const RecordingSet& set, const std::atomic<bool>& stop);

  // Goes through all files, until `stop` is true. Throws UsageError and std::system_error for files
  // that were named; problems with other files are in unread() and damaged().
  void gather();

  // Reads the packets that a query with this wish would read, and sets Flow::application to what
  // the audit finds. To be called after gather(). Throws like gather().
  void name_applications();

  FlowBook& book() noexcept { return book_; }
  const FlowBook& book() const noexcept { return book_; }
  const LinkFilter& filter() const noexcept { return filter_; }
  // Conversations without rows of their own (such as a scan); a lower limit.
  const FlowRest& many() const noexcept { return many_; }
  std::uint64_t skipped_blocks() const noexcept { return skipped_blocks_; }
  std::uint64_t indexed_files() const noexcept { return indexed_files_; }
  std::uint64_t read_files() const noexcept { return read_files_; }
  // Files without any row in the result.
  const std::vector<SetTrouble>& unread() const noexcept { return unread_; }
  // Files of which only the part before the damage is in the result.
  const std::vector<SetTrouble>& damaged() const noexcept { return damaged_; }
  // Which parts of recordings these files are of.
  const AbsentParts& parts() const noexcept { return parts_; }
  // Files of which blocks that are not indexed yet are missing in the result: see skipped_blocks().
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
  AbsentParts parts_;
};

inline std::uint64_t bytes_of(const Flow& flow) noexcept { return flow.all_bytes(); }
inline std::uint64_t packets_of(const Flow& flow) noexcept { return flow.all_packets(); }

// Whether `a` comes before `b`: the larger one first; of equal ones the earlier one. `Item`: Flow,
// or another type with bytes_of(), packets_of(), first_ns and last_ns.
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
