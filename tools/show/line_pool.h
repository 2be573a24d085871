// LinePool: lines printed by several threads, on one output in capture order.
//
// The feeder (a reader, or the thread that takes blocks from a capture) puts packets. They pass
// through DecodeWorkers in batches, and each worker prints the packets of its conversations; the
// lines are then put together in order. The feeder computes numbers, relative times and limits, so
// that the output is the same as that of one thread.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <vector>

#include "engine/core/stats.h"
#include "tools/show/decode_workers.h"
#include "tools/show/host_cache.h"
#include "tools/show/output_stream.h"
#include "tools/show/packet_lines.h"
#include "tools/show/show_cli.h"
#include "tools/text/names.h"

namespace capstan::show {

// The objects that each printing thread has for itself.
class LinePrinter {
 public:
  // `resolver`: null prints numbers instead of host names.
  LinePrinter(const tools::ShowOptions& options, const text::Names& names, HostResolver* resolver,
              text::TcpSequences sequences, bool color);
  PacketLines& lines() noexcept { return lines_; }

 private:
  std::unique_ptr<HostCache> hosts_;
  text::Names names_;
  PacketLines lines_;
};

struct LinePoolLimits {
  std::size_t workers = 1;
  std::size_t batches = 16;
  std::size_t batch_packets = 1024;
  std::uint64_t batch_bytes = std::uint64_t{1} << 20;  // of captured packets, or one packet
  bool flush_batches = false;                          // write out the lines of each batch at once
};

// One feeder. All borrowed objects must outlive this one.
class LinePool final : private BatchWork {
 public:
  LinePool(const tools::ShowOptions& options, const text::Names& names, HostResolver* resolver,
           bool color, OutputStream& out, LinePoolLimits limits);

  // Whether two batches are available: put() then does not wait for the output within one block.
  bool ready() noexcept;
  // Adds a packet. `stays`: the packet's bytes remain valid until they are decoded (in a mapping,
  // or in a block given to hold()); otherwise they are copied. Waits when all batches are under
  // way. Throws what writing the output threw.
  void put(const BatchPacket& packet, bool stays);
  // Holds the block that contains the packets put since the last submit().
  void hold(BlockRef block);
  // Sends the packets put so far to the workers.
  void submit();
  // Waits until everything is written, except what the output stream still collects. Throws like
  // put().
  void drain();
  // Whether nothing is under way.
  bool idle() noexcept;
  // Whether the reader of the output has gone.
  bool closed() const noexcept { return closed_.load(std::memory_order_relaxed); }
  // Throws what writing the output threw, if it did, even when no more packets are put.
  void check_output();

  // Packets whose lines were passed to the output stream. Any thread.
  std::uint64_t printed() const noexcept { return printed_.get(); }
  // TCP segments that reached another worker than the rest of their conversation; not 0 only if
  // packet_slot() is wrong. Requires: idle().
  std::uint64_t strays() const noexcept;

 private:
  // Per batch: what each worker printed, or the feeder for packets whose conversation is not
  // certain.
  struct Share {
    text::TextSink text;
    std::vector<std::uint32_t> ends;  // where the line of each packet ends in `text`
  };
  struct Result {
    std::vector<Share> shares;
    text::TextSink whole;
    bool in_place = false;
    std::size_t in_place_packets = 0;
  };

  void decode(const PacketBatch& batch, std::size_t worker) noexcept override;
  void deliver(const PacketBatch& batch) noexcept override;
  void merge(const PacketBatch& batch, Result& result);
  PacketBatch& batch();
  void send_current() noexcept;
  void put_in_place(const BatchPacket& packet);
  bool current_is_full() const noexcept;

  const LinePoolLimits limits_;
  OutputStream& out_;
  const bool follows_connections_;
  text::TcpSequences sequences_;
  LinePrinter feeder_;                                  // for packets printed in place
  std::vector<std::unique_ptr<LinePrinter>> printers_;  // by worker
  std::vector<Result> results_;                         // by batch
  PacketBatch* current_ = nullptr;
  PacketBatch* spare_ = nullptr;
  std::vector<std::size_t> merge_places_;
  Counter printed_;
  std::exception_ptr error_;                // set before failed_
  std::atomic<bool> failed_{false};         // release by delivery, acquire by the feeder
  std::atomic<bool> closed_{false};         // relaxed: it only has to arrive some time
  std::unique_ptr<DecodeWorkers> workers_;  // last member: its threads end first
};

}  // namespace capstan::show
