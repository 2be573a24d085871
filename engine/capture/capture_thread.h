// CaptureThread: empties one ring. Waits for blocks, seals them and passes them on.
//
// Made by capture.cc. While it runs it never allocates, locks, logs or touches a packet; it makes
// one system call per block (to read the kernel's counters), and waits.
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

// What happened on one ring. Written by its capture thread, readable by any thread at any time;
// exact when the thread has ended:
//   received == dropped + sealed + damaged + beyond_limit + after_stop + abandoned
struct RingCounters {
  Counter received;        // tp_packets: accepted by the filter, including the dropped ones
  Counter dropped;         // tp_drops: dropped because the ring was full
  Counter freezes;         // tp_freeze_q_cnt: times the ring became full
  Counter blocks;          // blocks sealed
  Counter sealed;          // packets in these blocks
  Counter captured_bytes;  // sum of their captured lengths
  Counter truncated;       // those of them that were cut because a ring block was too small
  Counter damaged;         // slots whose head was not valid
  Counter beyond_limit;    // received after the packet limit was reached
  Counter after_stop;      // received after the stop; left unread in the ring
  Counter abandoned;       // received before the stop; left in the ring by request_abandon()
  Counter held_blocks;     // blocks sealed and not yet released, at this moment
  Counter link_errors;     // times the kernel reported the link down on this socket
};

struct CaptureThreadOptions {
  std::optional<int> cpu;   // the CPU to pin the thread to
  int interface_index = 0;  // needed to end reception
};

class CaptureThread {
 public:
  // `packets_left` is shared by all rings of a capture: how many packets may still be accepted.
  CaptureThread(PacketSocket socket, Ring& ring, CaptureThreadOptions options,
                std::atomic<std::int64_t>& packets_left);
  ~CaptureThread();

  // Adds a consumer. Each block goes to one stripe, the one with the most room; a stripe's queue
  // has as many places as the ring has blocks, so that it is never full. Each block also goes to
  // every best-effort queue. Such a queue may be full, and blocks waiting in it are taken back when
  // the ring is about to run out of blocks: such blocks are skipped and counted by the queue.
  // Requires that the thread is not started.
  void add_stripe(BlockQueue& queue);
  void add_best_effort(BestEffortQueue& queue);

  // The socket, for changing its options: before start(), and later by Capture::reattach() only.
  PacketSocket& socket() noexcept { return socket_; }

  void start();
  // Receives from interface `index` from now on: the interface that had the name before is gone.
  // Needs no privilege, because the socket exists. Any thread, but not after request_stop(). Throws
  // std::system_error: EINVAL for a member of a fanout group, which the kernel does not rebind.
  void rebind(int index);
  // Ends reception, drains the ring and ends the thread. Any thread; returns at once.
  void request_stop() noexcept;
  // The same without draining: what is in the ring stays there and is counted as abandoned.
  void request_abandon() noexcept;
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void join();

  const RingCounters& counters() const noexcept { return counters_; }
  // Whether the kernel's counts agree with what was found in the ring. Requires: finished().
  bool reconciled() const noexcept { return reconciled_; }
  // Losses after the last block, for the end of the recording. Requires: finished().
  const SealLedger& closing_ledger() const noexcept { return closing_ledger_; }

 private:
  void run() noexcept;
  void process_next() noexcept;
  // One output of those that the blocks of this ring are distributed to.
  struct Stripe {
    BlockQueue* queue;
    std::uint64_t packets;  // pushed to it
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
  std::uint64_t start_time_ns_ = 0;  // the start of a loss before the first packet
  std::atomic<std::int64_t>& packets_left_;
  std::vector<Stripe> stripes_;
  std::vector<BestEffortQueue*> best_effort_;
  UniqueFd stop_event_;
  std::atomic<int> interface_index_;   // relaxed: only a number, read when stopping
  std::atomic<bool> stop_{false};      // set by request_stop(), read by the thread
  std::atomic<bool> abandon_{false};   // relaxed: it only has to become visible at some time
  std::atomic<bool> finished_{false};  // release: makes the thread's writes visible to joiners
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
