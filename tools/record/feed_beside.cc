#include "tools/record/feed_beside.h"

#include <fmt/format.h>

#include "engine/core/clock.h"
#include "tools/common/log.h"
#include "tools/record/record_stats.h"

namespace capstan::tools {

namespace {

// How long the end of a recording waits for connections that take nothing, and how long for those
// that take it slowly.
constexpr std::uint64_t kIdlePatienceNs = kNanosecondsPerSecond;
constexpr std::uint64_t kWholePatienceNs = 10 * kNanosecondsPerSecond;

}  // namespace

void FeedBeside::attach(Capture& capture) {
  server_.emplace(options_);
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const RingInfo& info = capture.ring_info(ring);
    BestEffortQueue& queue = server_->add_ring(info.block_count, block_size_bytes_);
    capture.add_best_effort(ring, queue);
    queues_.push_back(&queue);
  }
  server_->set_head(encode_pcapng_header(header_()));
  std::vector<std::string> interfaces;
  for (const RingInfo& info : capture.rings()) interfaces.push_back(info.interface_name);
  const std::string own = own_traffic_filter(options_, interfaces);
  if (own.empty()) return;
  standard_log().write(LogLevel::kNotice,
                       fmt::format("what would be the recording's own connections is left out of "
                                   "it: {}",
                                   own));
}

void FeedBeside::blocks_ended(const std::vector<ClosingLedger>& rings) {
  server_->request_finish(rings);
}

EndPatience FeedBeside::patience() noexcept {
  EndPatience patience;
  patience.idle_ns = kIdlePatienceNs;
  patience.whole_ns = kWholePatienceNs;
  patience.leaving_ns = kNanosecondsPerSecond;
  return patience;
}

void FeedBeside::stop() noexcept {
  if (!server_) return;
  server_->request_leave();
  server_->join();
}

void FeedBeside::add_to(RecordStats& stats) const {
  FeedStats& feed = stats.feed.emplace();
  for (const FeedTarget& target : options_.targets) {
    feed.targets += (feed.targets.empty() ? "" : ", ") + target.text;
  }
  const FeedCounters& counters = server_->counters();
  feed.clients = counters.clients.get();
  feed.refused = counters.refused.get();
  feed.packets_sent = counters.packets_sent.get();
  feed.packets_lost = counters.packets_lost.get();
  for (const BestEffortQueue* queue : queues_) feed.packets_skipped += queue->skipped_packets();
}

}  // namespace capstan::tools
