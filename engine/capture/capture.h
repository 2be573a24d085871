// Capture: delivers packets from one or more interfaces as sealed blocks. Start here.
//
//   Capture capture(options);                      // sockets and rings; nothing is received yet
//   capture.add_stripe(0, queue);                  // who gets the blocks of ring 0
//   Capture::Running running = capture.start();    // from here on packets count
//   ... BlockRef block = queue.try_pop(); ...      // in the consumer's thread
//   capture.request_stop(); capture.join();        // drains; then the counters are exact
//
// The way of a packet from here: ring.h (memory shared with the kernel), capture_thread.h (empties
// the ring), seal.h (what a block is turned into), block_queue.h (carries it to a consumer).
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/capture/capture_thread.h"
#include "engine/capture/fanout.h"

namespace capstan {

struct CaptureOptions {
  // Names, "any" included. Several interfaces are captured at the same time.
  std::vector<std::string> interfaces;
  // In libpcap's filter language; empty accepts everything.
  std::string filter;
  // Bytes kept of each packet. A smaller value saves disk space, not processing time.
  std::uint32_t snaplen = 262144;
  // Also receive packets addressed to other hosts. Ends with the socket, even after kill -9.
  bool promiscuous = true;
  bool hardware_timestamps = false;
  // Memory per ring: it decides how long consumers may stall. 256 MiB is 200 ms at 10 Gb/s.
  std::uint64_t ring_size_bytes = std::uint64_t{256} << 20;
  // The unit in which the kernel hands over packets. Larger: fewer, larger writes and later
  // hand-over.
  std::uint32_t block_size_bytes = 1U << 20;
  // After this time the kernel hands over a block even if it is not full. Smaller: packets arrive
  // sooner, in more and emptier blocks.
  std::uint32_t retire_timeout_ms = 100;
  // Rings per interface, each with its own thread; the kernel distributes the packets by `fanout`.
  std::uint32_t rings_per_interface = 1;
  FanoutMode fanout = FanoutMode::kHash;
  // The CPUs that the threads are pinned to, in turn; empty: the allowed CPUs, the last one first.
  std::vector<int> cpus;
  // Accept exactly this many packets in all, then no more.
  std::int64_t packet_limit = std::numeric_limits<std::int64_t>::max();
  // pcapng interface ids: false: one per ring; true: all 0, because each ring gets its own file.
  bool one_interface_id = false;
  // Sealed sizes are multiples of this; a power of two between 4096 and the block size.
  std::uint32_t alignment_bytes = 4096;
};

// Returns all problems with the numbers at once, as sentences; empty when there are none.
std::vector<std::string> validate_capture_options(const CaptureOptions& options);

// Properties of one ring that are fixed once the capture is open.
struct RingInfo {
  std::string interface_name;
  int interface_index = 0;
  std::uint32_t ring_of_interface = 0;  // 0 .. rings_per_interface - 1
  std::uint16_t link_type = 0;
  int cpu = -1;  // -1: not pinned
  std::uint64_t ring_size_bytes = 0;
  std::uint64_t asked_size_bytes = 0;  // larger than ring_size_bytes if memory was refused
  std::uint32_t block_count = 0;
  std::uint32_t block_size_bytes = 0;
};

// Owns the sockets, rings and capture threads. The constructor (which opens), start(),
// request_stop() and join() are called by one thread; counters may be read by any thread.
class Capture {
 public:
  // Opens the sockets and rings. Throws UsageError (unknown interface, filter that does not
  // compile, bad options) or std::system_error.
  explicit Capture(CaptureOptions options);
  // Stops. Requires that no BlockRef is alive (the Ring's destructor checks this).
  ~Capture();

  // See CaptureThread. Requires that the capture is not started. The queue of a stripe needs
  // block_count places; half as many are plenty for a best-effort queue.
  void add_stripe(std::size_t ring, BlockQueue& queue);
  void add_best_effort(std::size_t ring, BestEffortQueue& queue);

  // The period in which capture threads push blocks into the added queues. Made by start(); declare
  // it after the queues. When an exception unwinds them, this object is destroyed first: it
  // abandons what is in the rings and joins the threads, so that nothing is pushed into a destroyed
  // queue. After request_stop() and join() it does nothing. Must not outlive the Capture.
  class [[nodiscard]] Running {
   public:
    Running(Running&& other) noexcept : capture_(std::exchange(other.capture_, nullptr)) {}
    Running& operator=(Running&&) = delete;
    ~Running();

   private:
    friend class Capture;
    explicit Running(Capture& capture) noexcept : capture_(&capture) {}
    Capture* capture_;
  };

  // Attaches the filter, locks it and starts the threads. Throws std::system_error; no thread runs
  // then.
  Running start();
  // Whether reattach() can work: with one ring per interface. The kernel does not bind the members
  // of a fanout group again (packet_do_bind: EINVAL).
  bool can_reattach() const noexcept { return options_.rings_per_interface == 1; }
  // Interface `name` had vanished and exists again with index `index`: receives from it again, with
  // the same ring and filter. Needs no privilege. Only in the thread that made the Capture. Throws
  // std::system_error. Returns false when all worked except the adapter's timestamps, which only
  // CAP_NET_ADMIN may switch on.
  bool reattach(const std::string& name, int index);
  // Frees what only the start needed, which takes the kernel tens of milliseconds per interface.
  // Call it once packets are being received and the user has been told so; otherwise the destructor
  // does it. Only in the thread that made the Capture.
  void finish_start() noexcept { handles_.clear(); }
  void request_stop() noexcept;
  // Stops without draining the rings.
  void request_abandon() noexcept;
  // Whether every capture thread has ended.
  bool finished() const noexcept;
  void join();

  // Whether the packet limit is reached, so that it is time to stop.
  bool packet_limit_reached() const noexcept {
    return packets_left_.load(std::memory_order_relaxed) <= 0;
  }

  std::size_t ring_count() const noexcept { return rings_.size(); }
  const RingInfo& ring_info(std::size_t ring) const noexcept { return infos_[ring]; }
  const std::vector<RingInfo>& rings() const noexcept { return infos_; }
  const RingCounters& counters(std::size_t ring) const noexcept;
  // Requires: finished().
  bool reconciled(std::size_t ring) const noexcept;
  const SealLedger& closing_ledger(std::size_t ring) const noexcept;
  // The ring's memory, for registering it with io_uring. Valid as long as the Capture lives.
  std::span<std::uint8_t> ring_memory(std::size_t ring) const noexcept;
  const CaptureOptions& options() const noexcept { return options_; }
  // When start() was called, in nanoseconds since 1970.
  std::uint64_t start_time_ns() const noexcept { return start_time_ns_; }

 private:
  void open_interface(std::string name, const std::vector<int>& cpus);
  void open_ring(const std::string& name, int index, std::uint32_t ring_of_interface,
                 std::uint16_t link_type, SlotKind slot_kind, int cpu);

  CaptureOptions options_;
  std::uint64_t start_time_ns_ = 0;
  std::atomic<std::int64_t> packets_left_;
  std::vector<RingInfo> infos_;
  std::vector<std::shared_ptr<void>> handles_;      // libpcap's handles, of the filters
  std::vector<std::vector<sock_filter>> programs_;  // per ring
  // Declared so that the threads are destroyed before the rings: a thread refers to its ring.
  std::vector<std::unique_ptr<Ring>> rings_;
  std::vector<std::unique_ptr<CaptureThread>> threads_;
};

}  // namespace capstan
