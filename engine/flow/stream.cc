#include "engine/flow/stream.h"

#include <string.h>

#include <algorithm>

namespace capstan {

namespace {

// a - b in sequence space (RFC 9293 section 3.4).
std::int32_t distance(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b);
}

}  // namespace

void StreamDirection::deliver(std::span<const std::uint8_t> bytes, StreamSink& sink) {
  const std::uint64_t offset = offset_;
  next_ += static_cast<std::uint32_t>(bytes.size());
  offset_ += bytes.size();
  sink.on_stream_bytes(bytes, offset);
}

void StreamDirection::skip(std::uint32_t count, StreamSink& sink, StreamCounters& counters) {
  next_ += count;
  offset_ += count;
  ++counters.gaps;
  sink.on_stream_gap(count);
}

void StreamDirection::add(std::uint32_t sequence, std::span<const std::uint8_t> payload, bool syn,
                          std::uint32_t missing, StreamSink& sink, BufferPool& pool,
                          StreamCounters& counters) {
  if (syn) {
    ++sequence;  // the SYN itself takes one
    // A SYN repeated with another number replaces the first, as long as nothing was sent on it.
    if (!started_ || offset_ == 0) {
      release(pool);
      next_ = sequence;
      started_ = true;
    }
  }
  if (payload.empty() && missing == 0) return;
  if (!started_) {
    next_ = sequence;
    started_ = true;
  }
  std::int32_t ahead = distance(sequence, next_);
  if (ahead < 0) {
    const std::uint32_t old = next_ - sequence;  // unsigned: it may be half the sequence space
    if (old >= payload.size()) {
      ++counters.retransmitted;
      return;
    }
    ++counters.overlaps;
    payload = payload.subspan(old);
    ahead = 0;
  }
  if (ahead > 0) {
    if (hold(sequence, payload, pool, counters)) return;
    // No room: the hole is given up, and with it the wait.
    skip_to_held(sink, pool, counters);
    ahead = distance(sequence, next_);
    if (ahead > 0) {
      // Half the sequence space ahead is no reordering but another connection's number.
      constexpr std::int32_t kFarAhead = 1 << 30;
      if (ahead > kFarAhead) return;
      skip(static_cast<std::uint32_t>(ahead), sink, counters);
    } else if (next_ - sequence >= payload.size()) {
      return;
    } else {
      payload = payload.subspan(next_ - sequence);
    }
  }
  if (!payload.empty()) deliver(payload, sink);
  if (missing != 0) skip(missing, sink, counters);
  if (held_) drain(sink, pool);
}

bool StreamDirection::make_room(std::uint32_t end, BufferPool& pool) {
  if (held_->buffer.size() >= end) return true;
  const std::span<std::uint8_t> larger = pool.allocate(end);
  if (larger.empty()) return false;
  if (held_->used != 0) ::memcpy(larger.data(), held_->buffer.data(), held_->used);
  pool.release(held_->buffer, held_->used);
  held_->buffer = larger;
  return true;
}

bool StreamDirection::hold(std::uint32_t sequence, std::span<const std::uint8_t> bytes,
                           BufferPool& pool, StreamCounters& counters) {
  if (!held_) {
    if (static_cast<std::uint32_t>(distance(sequence, next_)) + bytes.size() > kWindow) {
      ++counters.refused;
      return false;
    }
    held_ = std::make_unique<Held>();
    held_->base = next_;
  }
  const std::uint32_t begin = sequence - held_->base;
  if (begin + bytes.size() > kWindow || held_->count == kMaxRanges ||
      !make_room(begin + static_cast<std::uint32_t>(bytes.size()), pool)) {
    ++counters.refused;
    if (held_->count == 0) release(pool);
    return false;
  }
  ++counters.out_of_order;
  fill({begin, begin + static_cast<std::uint32_t>(bytes.size())}, bytes.data(), counters);
  return true;
}

// Writes the parts of `range` that are not filled yet, and joins the ranges it touches.
void StreamDirection::fill(Range range, const std::uint8_t* bytes, StreamCounters& counters) {
  Held& held = *held_;
  std::uint32_t at = range.begin;
  std::size_t first = 0;
  while (first < held.count && held.ranges[first].end < range.begin) ++first;
  std::size_t last = first;
  Range joined = range;
  for (; last < held.count && held.ranges[last].begin <= range.end; ++last) {
    const Range known = held.ranges[last];
    if (known.begin > at) {
      ::memcpy(held.buffer.data() + at, bytes + (at - range.begin), known.begin - at);
    }
    const std::uint32_t same_from = std::max(known.begin, range.begin);
    const std::uint32_t same_to = std::min(known.end, range.end);
    if (same_from < same_to) {
      ++counters.overlaps;
      if (::memcmp(held.buffer.data() + same_from, bytes + (same_from - range.begin),
                   same_to - same_from) != 0) {
        ++counters.overlap_conflicts;
        conflict_ = true;
      }
    }
    at = std::max(at, known.end);
    joined = {std::min(joined.begin, known.begin), std::max(joined.end, known.end)};
  }
  if (at < range.end) {
    ::memcpy(held.buffer.data() + at, bytes + (at - range.begin), range.end - at);
  }
  held.used = std::max(held.used, joined.end);
  // Ranges [first, last) become one.
  if (first == last) {
    std::copy_backward(held.ranges.begin() + static_cast<std::ptrdiff_t>(first),
                       held.ranges.begin() + static_cast<std::ptrdiff_t>(held.count),
                       held.ranges.begin() + static_cast<std::ptrdiff_t>(held.count + 1));
    ++held.count;
  } else {
    std::copy(held.ranges.begin() + static_cast<std::ptrdiff_t>(last),
              held.ranges.begin() + static_cast<std::ptrdiff_t>(held.count),
              held.ranges.begin() + static_cast<std::ptrdiff_t>(first + 1));
    held.count -= last - first - 1;
  }
  held.ranges[first] = joined;
}

// Hands over every held range the stream has reached.
void StreamDirection::drain(StreamSink& sink, BufferPool& pool) {
  while (held_ && held_->count != 0) {
    const Range range = held_->ranges[0];
    const std::uint32_t reached = next_ - held_->base;
    if (distance(held_->base + range.begin, next_) > 0) return;
    std::copy(held_->ranges.begin() + 1,
              held_->ranges.begin() + static_cast<std::ptrdiff_t>(held_->count),
              held_->ranges.begin());
    --held_->count;
    if (distance(held_->base + range.end, next_) > 0) {
      deliver(std::span<const std::uint8_t>(held_->buffer).subspan(reached, range.end - reached),
              sink);
    }
  }
  if (held_ && held_->count == 0) release(pool);
}

void StreamDirection::skip_to_held(StreamSink& sink, BufferPool& pool, StreamCounters& counters) {
  while (held_ && held_->count != 0) {
    const std::int32_t hole = distance(held_->base + held_->ranges[0].begin, next_);
    if (hole > 0) skip(static_cast<std::uint32_t>(hole), sink, counters);
    drain(sink, pool);
  }
}

void StreamDirection::acknowledged(std::uint32_t acknowledgement, StreamSink& sink,
                                   BufferPool& pool, StreamCounters& counters) {
  while (held_ && held_->count != 0) {
    const std::uint32_t begin = held_->base + held_->ranges[0].begin;
    if (distance(acknowledgement, begin) <= 0) return;
    const std::int32_t hole = distance(begin, next_);
    if (hole > 0) skip(static_cast<std::uint32_t>(hole), sink, counters);
    drain(sink, pool);
  }
}

void StreamDirection::finish(StreamSink& sink, BufferPool& pool, StreamCounters& counters) {
  skip_to_held(sink, pool, counters);
  release(pool);
}

void StreamDirection::release(BufferPool& pool) noexcept {
  if (!held_) return;
  pool.release(held_->buffer, held_->used);
  held_.reset();
}

}  // namespace capstan
