// CaptureThread: empties one ring. Waits for blocks, seals them, hands them on.
//
// Made by capture.cc. Never allocates, locks, logs or touches a packet once it runs; one system
// call a block (reading the kernel's counters), and waiting.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "engine/block/best_effort_queue.h"
#include "engine/block/block_queue.h"
#include "engine/capture/loss_ledger.h"
#include "engine/capture/packet_socket.h"
#include "engine/capture/ring.h"
#include "engine/core/stats.h"
#include "engine/core/unique_fd.h"

namespace capstan {

// What happened on one ring. Written by its capture thread, readable by anyone at any time; exact
// when the thread has ended:
//   received == dropped + sealed + damaged + beyond_limit + after_stop + abandoned
struct RingCounters {
  Counter received;        // tp_packets: passed the filter, dropped ones included
  Counter dropped;         // tp_drops: found the ring full
  Counter freezes;         // tp_freeze_q_cnt: times the ring became full
  Counter blocks;          // blocks sealed
  Counter sealed;          // packets in them
  Counter captured_bytes;  // their caplens
  Counter truncated;       // of them, those cut because a ring block was too small
  Counter damaged;         // slots whose head made no sense
  Counter beyond_limit;    // received after the packet limit was reached
  Counter after_stop;      // received after the stop, left in the ring unread
  Counter abandoned;       // received before, left in the ring because of request_abandon()
  Counter held_blocks;     // sealed and not yet given back, now
  Counter link_errors;     // times the kernel reported the link down on this socket
};

struct CaptureThreadOptions {
  std::optional<int> cpu;   // pinned there
  int interface_index = 0;  // to end reception with
};

class CaptureThread {
 public:
  // `packets_left` is shared by all rings of a capture: packets that may still be taken (-c).
  CaptureThread(PacketSocket socket, Ring& ring, CaptureThreadOptions options,
                std::atomic<std::int64_t>& packets_left);
  ~CaptureThread();

  // Blocks go to the one of the stripes that has most room, whose queue has as many places as the
  // ring has blocks, so that it is never full; and to every best-effort queue, which may be full,
  // and which gives back what waits in it when the ring is about to run out of blocks: such blocks
  // are skipped, and counted by the queue. Requires: not started.
  void add_stripe(BlockQueue& queue);
  void add_best_effort(BestEffortQueue& queue);

  // Everything before: option changes on the socket.
  PacketSocket& socket() noexcept { return socket_; }

  void start();
  // Hears interface `index` from now on: the one that bore the name before is gone. Needs no
  // privilege, because the socket exists. Any thread, not after request_stop(). Throws
  // std::system_error: EINVAL for a member of a fanout group, which the kernel does not let go.
  void rebind(int index);
  // Ends reception, drains the ring, ends the thread. Any thread; returns at once.
  void request_stop() noexcept;
  // The same without draining: what is in the ring stays there, counted.
  void request_abandon() noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const RingCounters& counters() const noexcept { return counters_; }
  // Whether the kernel's counts and what was found in the ring agree. Requires: finished().
  bool reconciled() const noexcept { return reconciled_; }
  // The loss that no block came after, for the end of the recording. Requires: finished().
  const SealLedger& closing_ledger() const noexcept { return closing_ledger_; }

 private:
  void run() noexcept;
  void process_next() noexcept;
  // An output that the blocks of this ring are spread over.
  struct Stripe {
    BlockQueue* queue;
    std::uint64_t packets;  // given to it
  };
  Stripe* roomiest_stripe() noexcept;
  void hand_on(BlockRef block, Stripe* stripe) noexcept;
  bool ring_runs_short() noexcept;
  void take_back() noexcept;
  void read_statistics() noexcept;
  SealLedger ledger_for(const LedgerEntry& entry) noexcept;
  std::uint32_t claim_packets(std::uint32_t wanted) noexcept;
  void wait_for_block() noexcept;
  void drain() noexcept;
  void settle_accounts(bool reception_stopped) noexcept;

  PacketSocket socket_;
  Ring& ring_;
  CaptureThreadOptions options_;
  std::uint64_t start_time_ns_ = 0;  // where a loss before the first packet begins
  std::atomic<std::int64_t>& packets_left_;
  std::vector<Stripe> stripes_;
  std::vector<BestEffortQueue*> best_effort_;
  UniqueFd stop_event_;
  std::atomic<int> interface_index_;   // relaxed: only a number, read at the stop
  std::atomic<bool> stop_{false};      // request_stop() to the thread
  std::atomic<bool> abandon_{false};   // relaxed: it only has to arrive some time
  std::atomic<bool> finished_{false};  // release: everything the thread wrote is visible to joiners
  std::uint64_t holding_sleep_ns_;
  LossLedger ledger_;
  std::uint64_t waited_since_reading_ns_ = 0;
  std::uint64_t dropped_attributed_ = 0;
  std::uint64_t freezes_attributed_ = 0;
  SealLedger closing_ledger_;
  bool reconciled_ = false;
  RingCounters counters_;
  std::thread thread_;
};

}  // namespace capstan
