// Capture: packets from one or more interfaces as sealed blocks. Start here.
//
//   Capture capture(options);                      // sockets and rings; nothing is received yet
//   capture.add_stripe(0, queue);                  // who gets ring 0's blocks
//   Capture::Running running = capture.start();    // from here on packets count
//   ... BlockRef block = queue.try_pop(); ...      // in the consumer's thread
//   capture.request_stop(); capture.join();        // drains; then the counters are exact
//
// A packet's way from here: ring.h (the kernel's memory), capture_thread.h (who empties it), seal.h
// (what a block becomes), block_queue.h (how it travels).
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
  // Names, "any" included. Several are captured side by side.
  std::vector<std::string> interfaces;
  // libpcap's filter language; empty takes everything.
  std::string filter;
  // Bytes kept of each packet. Smaller saves disk, not work.
  std::uint32_t snaplen = 262144;
  // Hear also what is addressed to others. Ends with the socket, also after kill -9.
  bool promiscuous = true;
  bool hardware_timestamps = false;
  // Memory per ring: how long consumers may stall. 256 MiB is 200 ms at 10 Gb/s.
  std::uint64_t ring_size_bytes = std::uint64_t{256} << 20;
  // The kernel's hand-over unit. Larger means fewer, larger writes and later hand-over.
  std::uint32_t block_size_bytes = 1U << 20;
  // When the kernel hands over a block that is not full. Smaller means fresher output and more,
  // emptier blocks.
  std::uint32_t retire_timeout_ms = 100;
  // Rings per interface, each with a thread; the kernel shares the packets out by `fanout`.
  std::uint32_t rings_per_interface = 1;
  FanoutMode fanout = FanoutMode::kHash;
  // Threads are pinned to these in turn; empty: the CPUs allowed, last first.
  std::vector<int> cpus;
  // Take this many packets in all, exactly.
  std::int64_t packet_limit = std::numeric_limits<std::int64_t>::max();
  // pcapng interface ids: one per ring, or all 0 when each ring gets a file of its own.
  bool one_interface_id = false;
  // Sealed sizes are multiples of this; a power of two, 4096 to the block size.
  std::uint32_t alignment_bytes = 4096;
};

// Every problem with the numbers, at once, as sentences; empty when there is none.
std::vector<std::string> validate_capture_options(const CaptureOptions& options);

// What is fixed about one ring once the capture is open.
struct RingInfo {
  std::string interface_name;
  int interface_index = 0;
  std::uint32_t ring_of_interface = 0;  // 0 .. rings_per_interface - 1
  std::uint16_t link_type = 0;
  int cpu = -1;  // -1: not pinned
  std::uint64_t ring_size_bytes = 0;
  std::uint64_t asked_size_bytes = 0;  // more than ring_size_bytes when memory was refused
  std::uint32_t block_count = 0;
  std::uint32_t block_size_bytes = 0;
};

// Owns sockets, rings and capture threads. open (the constructor), start, request_stop and join are
// called by one thread; counters may be read by any.
class Capture {
 public:
  // Opens everything. Throws UsageError (unknown interface, filter that does not compile, options)
  // or std::system_error.
  explicit Capture(CaptureOptions options);
  // Stops. Requires: no BlockRef is alive outside the queues' consumers' reach (Ring checks).
  ~Capture();

  // See CaptureThread. Requires: not started. A stripe's queue needs block_count places; a
  // best-effort one of half as many is plenty.
  void add_stripe(std::size_t ring, BlockQueue& queue);
  void add_best_effort(std::size_t ring, BestEffortQueue& queue);

  // The time in which capture threads push blocks into the queues that were added. Made by start()
  // and kept behind the queues: where an exception unwinds them, this goes first, abandons what is
  // in the rings and joins the threads, so that nothing is pushed into a queue that is gone. After
  // request_stop() and join() it does nothing. Must not outlive the Capture.
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

  // Attaches the filter, locks it, starts the threads. Throws std::system_error; none runs then.
  Running start();
  // Whether reattach() can work: one ring an interface. The kernel does not bind the members of a
  // fanout group anew (packet_do_bind: EINVAL).
  bool can_reattach() const noexcept { return options_.rings_per_interface == 1; }
  // Interface `name` had vanished and is there again as `index`: hears it with the ring it had, the
  // filter still in place. Needs no privilege. The making thread only. Throws std::system_error.
  // False: all but the adapter's timestamps, which only CAP_NET_ADMIN may switch on.
  bool reattach(const std::string& name, int index);
  // Lets go of what only the start needed, which takes the kernel tens of milliseconds an
  // interface: to be called once packets are being taken and that has been said. The destructor
  // does it otherwise. The making thread only.
  void finish_start() noexcept { handles_.clear(); }
  void request_stop() noexcept;
  // Stops without draining.
  void request_abandon() noexcept;
  // Whether every capture thread has ended.
  bool finished() const noexcept;
  void join();

  // Whether -c is reached: time to stop.
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
  // The ring's memory, for registering it with io_uring. Valid as long as the Capture.
  std::span<std::uint8_t> ring_memory(std::size_t ring) const noexcept;
  const CaptureOptions& options() const noexcept { return options_; }
  // When start() was called, nanoseconds since 1970.
  std::uint64_t start_time_ns() const noexcept { return start_time_ns_; }

 private:
  void open_interface(std::string name, const std::vector<int>& cpus);
  void open_ring(const std::string& name, int index, std::uint32_t ring_of_interface,
                 std::uint16_t link_type, SlotKind slot_kind, int cpu);

  CaptureOptions options_;
  std::uint64_t start_time_ns_ = 0;
  std::atomic<std::int64_t> packets_left_;
  std::vector<RingInfo> infos_;
  std::vector<std::shared_ptr<void>> handles_;      // libpcap's, of the filters
  std::vector<std::vector<sock_filter>> programs_;  // per ring
  // Rings after threads in destruction: a thread holds references into its ring.
  std::vector<std::unique_ptr<Ring>> rings_;
  std::vector<std::unique_ptr<CaptureThread>> threads_;
};

}  // namespace capstan
