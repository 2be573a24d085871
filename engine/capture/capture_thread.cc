#include "engine/capture/capture_thread.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "engine/core/check.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/thread.h"

namespace capstan {

namespace {

// While consumers hold blocks, poll() on the ring returns at once for ever (packet_poll looks at
// the block closed last, which is still ours), so the thread sleeps instead: an eighth of the time
// in which the fastest link foreseen fills the ring. Waking up is what costs at moderate rates,
// several microseconds each on a virtual machine.
constexpr std::uint64_t kFastestLinkBytesPerSecond = 5'000'000'000;
constexpr std::uint64_t kShortestSleepNs = kNanosecondsPerMillisecond / 4;
constexpr std::uint64_t kLongestSleepNs = 8 * kNanosecondsPerMillisecond;

std::uint64_t holding_sleep_ns(std::uint64_t ring_size_bytes) noexcept {
  const std::uint64_t fill_ns = ring_size_bytes * 1000 / (kFastestLinkBytesPerSecond / 1'000'000);
  return std::clamp(fill_ns / 8, kShortestSleepNs, kLongestSleepNs);
}

constexpr int kPollTimeoutMs = 100;
// While it only waits, how often the kernel's counters are read all the same: what is lost while
// the ring is full must show while it is full.
constexpr std::uint64_t kReadingIntervalNs = 50 * kNanosecondsPerMillisecond;
// With no end to the traffic and no way to stop it (a fanout group), how often the kernel's
// counters and the ring are compared before the two are found at rest between two packets.
constexpr int kSettleTries = 10'000;
// How much longer than the retire timeout the last block may take to be handed over.
constexpr std::uint64_t kDrainMarginNs = 5 * kNanosecondsPerSecond;

}  // namespace

CaptureThread::CaptureThread(PacketSocket socket, Ring& ring, CaptureThreadOptions options,
                             std::atomic<std::int64_t>& packets_left)
    : socket_(std::move(socket)),
      ring_(ring),
      options_(options),
      packets_left_(packets_left),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      interface_index_(options.interface_index),
      holding_sleep_ns_(holding_sleep_ns(ring.layout().total_bytes())),
      ledger_(ring.block_count()) {
  if (!stop_event_) throw_errno("make an eventfd");
}

CaptureThread::~CaptureThread() {
  if (thread_.joinable()) {
    request_stop();
    thread_.join();
  }
}

void CaptureThread::add_stripe(BlockQueue& queue) { stripes_.push_back({&queue, 0}); }

void CaptureThread::add_best_effort(BestEffortQueue& queue) { best_effort_.push_back(&queue); }

void CaptureThread::start() {
  start_time_ns_ = wall_clock_ns();
  thread_ = start_thread("empties a ring", [this] { run(); });
}

void CaptureThread::rebind(int index) {
  socket_.bind_to(index);
  interface_index_.store(index, std::memory_order_relaxed);
}

void CaptureThread::request_stop() noexcept {
  stop_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // Only wakes the thread early; if it fails, the poll timeout does.
  [[maybe_unused]] const ssize_t written = ::write(stop_event_.get(), &one, sizeof(one));
}

void CaptureThread::request_abandon() noexcept {
  abandon_.store(true, std::memory_order_relaxed);
  request_stop();
}

void CaptureThread::join() {
  if (thread_.joinable()) thread_.join();
}

void CaptureThread::run() noexcept {
  name_current_thread("capture-" + std::to_string(ring_.index()));
  if (options_.cpu) {
    // Set-up has checked the CPU; should it have gone since, capturing unpinned beats not
    // capturing.
    [[maybe_unused]] const int error = pin_current_thread(*options_.cpu);
  }
  while (!stop_.load(std::memory_order_acquire)) {
    if (ring_.next_is_ready()) {
      process_next();
    } else {
      wait_for_block();
    }
  }
  drain();
  finished_.store(true, std::memory_order_release);
}

void CaptureThread::process_next() noexcept {
  read_statistics();
  const std::uint32_t present = ring_.next_packet_count();
  const std::uint32_t limit = claim_packets(present);
  if (limit == 0) {
    counters_.beyond_limit.add(present);
    ring_.skip_next();
    return;
  }
  const LedgerEntry entry = ledger_.take_until(ring_.next_sequence());
  SealLedger ledger = ledger_for(entry);
  // Chosen before the block is sealed: its head says how many packets this output was given.
  Stripe* const stripe = roomiest_stripe();
  if (stripe != nullptr) ledger.output_packets_before = stripe->packets;
  SealResult result;
  BlockRef block = ring_.seal_next(ledger, limit, result);
  counters_.sealed.add(result.packet_count);
  counters_.captured_bytes.add(result.captured_bytes);
  counters_.truncated.add(result.truncated);
  counters_.damaged.add(result.damaged);
  counters_.beyond_limit.add(result.beyond_limit);
  if (block) {
    counters_.blocks.add(1);
    hand_on(std::move(block), stripe);
  } else {  // nothing in it could be sealed: the next block says what was lost in front of both
    ledger_.put_back(entry);
    dropped_attributed_ -= entry.dropped;
    freezes_attributed_ -= entry.freezes;
  }
  counters_.held_blocks.set(ring_.held_blocks());
}

// Takes from the packet limit shared by all rings what this block may use of it.
std::uint32_t CaptureThread::claim_packets(std::uint32_t wanted) noexcept {
  // No ordering needed: the number itself is all that is shared.
  const std::int64_t before = packets_left_.fetch_sub(wanted, std::memory_order_relaxed);
  if (before <= 0) return 0;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(before, wanted));
}

// Whether the kernel's next block is close to the oldest one not given back, for which it would
// have to wait. Looked at when a block comes and at least every eighth of the time in which the
// ring fills (holding_sleep_ns), so three quarters leave room.
bool CaptureThread::ring_runs_short() noexcept {
  const std::uint64_t span = ring_.next_sequence() - ring_.oldest_unreleased_sequence();
  return 4 * span > 3 * std::uint64_t{ring_.block_count()};
}

void CaptureThread::take_back() noexcept {
  for (BestEffortQueue* queue : best_effort_) {
    static_cast<void>(queue->take_back());
  }
}

CaptureThread::Stripe* CaptureThread::roomiest_stripe() noexcept {
  if (stripes_.empty()) return nullptr;
  Stripe* roomiest = &stripes_.front();
  for (Stripe& stripe : stripes_) {
    if (stripe.queue->free_places() > roomiest->queue->free_places()) roomiest = &stripe;
  }
  return roomiest;
}

void CaptureThread::hand_on(BlockRef block, Stripe* stripe) noexcept {
  const bool short_of_blocks = !best_effort_.empty() && ring_runs_short();
  if (short_of_blocks) take_back();
  for (BestEffortQueue* queue : best_effort_) {
    BlockRef copy = block;
    if (short_of_blocks || !queue->try_push(copy)) queue->skip(*block);
  }
  if (stripe == nullptr) return;
  stripe->packets += block->packet_count;
  CAPSTAN_CHECK(stripe->queue->try_push(block), ring_.held_blocks());
}

void CaptureThread::read_statistics() noexcept {
  waited_since_reading_ns_ = 0;
  const SocketStatistics since = socket_.take_statistics();
  counters_.received.add(since.received);
  counters_.dropped.add(since.dropped);
  counters_.freezes.add(since.freezes);
  ledger_.note(since.dropped, since.freezes, ring_.oldest_unreleased_sequence(),
               ring_.next_sequence());
}

SealLedger CaptureThread::ledger_for(const LedgerEntry& entry) noexcept {
  SealLedger ledger;
  dropped_attributed_ += entry.dropped;
  freezes_attributed_ += entry.freezes;
  ledger.packets_before = ledger.output_packets_before = counters_.sealed.get();
  ledger.dropped = dropped_attributed_;
  ledger.dropped_since_last = entry.dropped;
  ledger.freezes = freezes_attributed_;
  if (entry.dropped != 0) {
    const std::uint64_t known = ring_.last_timestamp_of(entry.first_sequence - 1);
    ledger.loss_begin_ns = known != 0 ? known : start_time_ns_;
  }
  return ledger;
}

void CaptureThread::wait_for_block() noexcept {
  const std::uint32_t held = ring_.held_blocks();
  counters_.held_blocks.set(held);
  if (held != 0) {
    if (!best_effort_.empty() && ring_runs_short()) take_back();
    sleep_ns(holding_sleep_ns_);
    waited_since_reading_ns_ += holding_sleep_ns_;
    if (waited_since_reading_ns_ >= kReadingIntervalNs) read_statistics();
    return;
  }
  pollfd waits[2] = {{socket_.descriptor(), POLLIN, 0}, {stop_event_.get(), POLLIN, 0}};
  const int ready = ::poll(waits, 2, kPollTimeoutMs);
  if (ready > 0 && (waits[0].revents & POLLERR) != 0) {
    if (socket_.take_error() != 0) counters_.link_errors.add(1);
    sleep_ns(kNanosecondsPerMillisecond);  // an error that comes at once again must not spin
  }
  if (ready == 0) read_statistics();  // a silent link's report stays current
}

void CaptureThread::drain() noexcept {
  const std::uint64_t stop_time_ns = wall_clock_ns();
  const std::uint64_t deadline_ns =
      monotonic_clock_ns() + kDrainMarginNs +
      std::uint64_t{ring_.layout().retire_timeout_ms} * kNanosecondsPerMillisecond;
  const bool reception_stopped =
      socket_.try_stop_reception(interface_index_.load(std::memory_order_relaxed));
  while (monotonic_clock_ns() < deadline_ns && !abandon_.load(std::memory_order_relaxed)) {
    if (ring_.next_is_ready()) {
      // Where reception cannot be stopped, what the kernel opened after the stop is no longer ours.
      if (!reception_stopped && ring_.next_opened_ns() > stop_time_ns) break;
      process_next();
      continue;
    }
    // The block being filled is closed by its retire timer; nothing more can be in it when it is
    // empty.
    if (ring_.unread_packets() == 0) break;
    sleep_ns(kNanosecondsPerMillisecond / 4);
  }
  settle_accounts(reception_stopped);
}

// Compares what the kernel counted with what came out of the ring. Where packets still arrive, the
// ring is looked at before and after the counters are read: the truth lies between the two looks,
// and mostly the two agree.
void CaptureThread::settle_accounts(bool reception_stopped) noexcept {
  Counter& left_in_ring =
      abandon_.load(std::memory_order_relaxed) ? counters_.abandoned : counters_.after_stop;
  const std::uint64_t taken =
      counters_.sealed.get() + counters_.damaged.get() + counters_.beyond_limit.get();
  for (int attempt = 0; attempt < kSettleTries; ++attempt) {
    const std::uint64_t before = ring_.unread_packets();
    read_statistics();
    const std::uint64_t after = ring_.unread_packets();
    const std::uint64_t in_ring = counters_.received.get() - counters_.dropped.get();
    reconciled_ = taken + before <= in_ring && in_ring <= taken + after;
    left_in_ring.set(in_ring >= taken ? in_ring - taken : 0);
    if (reconciled_ && before == after) break;
    if (reception_stopped && attempt > 2) break;  // nothing moves: more looks see the same
  }
  closing_ledger_ = ledger_for(ledger_.take_rest());
}

}  // namespace capstan
