// LinePool: lines printed by several threads, on one output in capture order.
//
// The feeder (a reader, or who takes blocks from a capture) puts packets; they travel in batches
// through DecodeWorkers, each worker printing those of its conversations; the lines are then put
// together in their order. Numbers, times relative to other packets and limits are the feeder's, so
// that what comes out is what one thread would print.
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

// What a printing thread has for itself.
class LinePrinter {
 public:
  // `resolver`: null prints numbers.
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
  bool flush_batches = false;                          // each batch's lines are written out at once
};

// One feeder. Everything borrowed outlives it.
class LinePool final : private BatchWork {
 public:
  LinePool(const tools::ShowOptions& options, const text::Names& names, HostResolver* resolver,
           bool color, OutputStream& out, LinePoolLimits limits);

  // Whether two batches are at hand: with them put() does not wait for the output within a block.
  bool ready() noexcept;
  // `stays`: the packet's bytes remain valid until they are decoded (a mapping, a block that was
  // given to hold()); otherwise they are copied. Waits when every batch is under way.
  // Throws what writing the output threw.
  void put(const BatchPacket& packet, bool stays);
  // The block in which the packets put since the last submit() lie.
  void hold(BlockRef block);
  // What was put is on its way.
  void submit();
  // Waits until it is written, except for what the output stream still collects. Throws as put().
  void drain();
  // Nothing is under way.
  bool idle() noexcept;
  // The reader of the output has gone.
  bool closed() const noexcept { return closed_.load(std::memory_order_relaxed); }
  // Throws what writing the output threw, if it did: also when nothing more is put.
  void check_output();

  // Packets whose lines the output stream has. Any thread.
  std::uint64_t printed() const noexcept { return printed_.get(); }
  // TCP segments that met another worker than their conversation's; 0 unless packet_slot() is
  // wrong. Requires: idle().
  std::uint64_t strays() const noexcept;

 private:
  // Beside each batch: what its workers print, or the feeder where nobody knows whose a packet is.
  struct Share {
    text::TextSink text;
    std::vector<std::uint32_t> ends;  // where the line of each packet ends in it
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
  std::unique_ptr<DecodeWorkers> workers_;  // last: its threads end first
};

}  // namespace capstan::show
