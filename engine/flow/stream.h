// StreamDirection: one direction of a TCP connection, put back in order.
//
// RFC 9293 section 3.4 and 3.10.7. Bytes that arrive in order go straight from their packet to the
// sink. Only a segment that came too early is kept, in a BufferPool, until the hole before it is
// filled or is known to stay. Where two segments claim the same place the first one wins, and a
// difference is noted: an attacker may be showing different data to different observers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/flow/buffer_pool.h"

namespace capstan {

// Receives the bytes in order.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // `offset` counts from the first byte of this direction that was seen.
  virtual void on_stream_bytes(std::span<const std::uint8_t> bytes, std::uint64_t offset) = 0;
  // At this place `count` bytes are missing from the capture.
  virtual void on_stream_gap(std::uint64_t count) = 0;
};

// Counts over all directions of one worker.
struct StreamCounters {
  std::uint64_t out_of_order = 0;       // segments kept because they came too early
  std::uint64_t retransmitted = 0;      // segments without new bytes
  std::uint64_t overlaps = 0;           // segments with both old and new bytes
  std::uint64_t overlap_conflicts = 0;  // overlaps whose bytes differed from those kept
  std::uint64_t gaps = 0;
  std::uint64_t refused = 0;  // segments not kept for lack of memory or room
};

// One thread. Uses 32 bytes while nothing is out of order.
class StreamDirection {
 public:
  // How far ahead of the next byte a segment may be and still be kept. Bytes.
  static constexpr std::uint32_t kWindow = BufferPool::kLargest;

  // Adds a segment. If no SYN was seen before it, the first segment sets the beginning (mid-stream
  // pick-up). `missing` bytes after the payload were sent but not captured (snaplen).
  void add(std::uint32_t sequence, std::span<const std::uint8_t> payload, bool syn,
           std::uint32_t missing, StreamSink& sink, BufferPool& pool, StreamCounters& counters);
  // The peer has acknowledged up to this sequence number: a hole before it will never be filled.
  void acknowledged(std::uint32_t acknowledgement, StreamSink& sink, BufferPool& pool,
                    StreamCounters& counters);
  // No more segments will come: delivers the segments that were kept, with the gaps between them.
  void finish(StreamSink& sink, BufferPool& pool, StreamCounters& counters);
  // Discards the segments that were kept.
  void release(BufferPool& pool) noexcept;

  bool started() const noexcept { return started_; }
  std::uint64_t offset() const noexcept { return offset_; }
  bool holds() const noexcept { return held_ != nullptr; }
  // True once two segments for the same place were found to differ.
  bool conflict() const noexcept { return conflict_; }
  std::uint32_t next_sequence() const noexcept { return next_; }

 private:
  static constexpr std::size_t kMaxRanges = 64;
  struct Range {
    std::uint32_t begin;  // relative to Held::base
    std::uint32_t end;
  };
  // Segments that came too early: one buffer, and its filled ranges in ascending order.
  struct Held {
    std::span<std::uint8_t> buffer;
    std::uint32_t base = 0;  // the sequence number of buffer[0]
    std::uint32_t used = 0;  // number of bytes of the buffer ever written
    std::size_t count = 0;
    std::array<Range, kMaxRanges> ranges{};
  };

  void deliver(std::span<const std::uint8_t> bytes, StreamSink& sink);
  void skip(std::uint32_t count, StreamSink& sink, StreamCounters& counters);
  bool hold(std::uint32_t sequence, std::span<const std::uint8_t> bytes, BufferPool& pool,
            StreamCounters& counters);
  bool make_room(std::uint32_t end, BufferPool& pool);
  void fill(Range range, const std::uint8_t* bytes, StreamCounters& counters);
  void drain(StreamSink& sink, BufferPool& pool);
  void skip_to_held(StreamSink& sink, BufferPool& pool, StreamCounters& counters);

  std::unique_ptr<Held> held_;
  std::uint64_t offset_ = 0;
  std::uint32_t next_ = 0;  // the sequence number of the next byte
  bool started_ = false;
  bool conflict_ = false;
};

}  // namespace capstan
