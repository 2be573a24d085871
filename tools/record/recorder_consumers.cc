// Who takes the blocks of a Recorder.
#include <algorithm>
#include <functional>
#include <vector>

#include "engine/core/clock.h"
#include "tools/privileges/privileges.h"
#include "tools/record/audit_beside.h"
#include "tools/record/feed_beside.h"
#include "tools/record/index_beside.h"
#include "tools/record/recorder.h"

namespace capstan::tools {

namespace {

// An index from blocks holds one of a ring while it reads it. Of fewer that is a share which the
// kernel may miss.
constexpr std::uint32_t kFewBlocks = 8;

bool has_blocks_to_spare(const std::vector<RingInfo>& rings) noexcept {
  return std::all_of(rings.begin(), rings.end(),
                     [](const RingInfo& ring) { return ring.block_count >= kFewBlocks; });
}

// Nothing but asking name servers.
std::function<void()> confinement_of_lookups(const RecordOptions& options) {
  if (options.keep_privileges || !can_lock_down()) return {};
  return [] {
    ReaderNeeds needs;
    needs.connects = true;
    lock_down_reader({}, needs);
  };
}

}  // namespace

void Recorder::make_consumers(std::vector<std::unique_ptr<BlockConsumer>> more) {
  auto outputs = std::make_unique<Outputs>(options_, hook_.get(), [this] {
    while (const int signal = signals_.take()) {
      if (signal != SIGUSR1 && signal != SIGUSR2) end_.take(signal, monotonic_clock_ns());
    }
    return !end_.made();
  });
  outputs_ = outputs.get();
  consumers_.add(std::move(outputs));
  if (!options_.audit_file.empty()) {
    consumers_.add(std::make_unique<AuditBeside>(options_.audit_file));
  }
  if (!options_.feed.targets.empty()) {
    consumers_.add(std::make_unique<FeedBeside>(
        options_.feed, options_.capture.block_size_bytes, [this] { return outputs_->header(); },
        confinement_of_lookups(options_)));
  }
  if (options_.wants_index()) {
    IndexBesideOptions index;
    index.sync = options_.sync_at_close;
    if (options_.rotation.active()) index.patterns = output_paths(options_, capture_.ring_count());
    index.busy = [this] { return is_busy(); };
    index.from_blocks = options_.has_one_pcapng() && has_blocks_to_spare(capture_.rings());
    auto beside = std::make_unique<IndexBeside>(std::move(index));
    outputs_->tell({beside.get()}, beside->observer());
    consumers_.add(std::move(beside));
  }
  for (std::unique_ptr<BlockConsumer>& consumer : more) consumers_.add(std::move(consumer));
}

}  // namespace capstan::tools
