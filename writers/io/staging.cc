#include "writers/io/staging.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/check.h"
#include "engine/core/errors.h"

namespace capstan {

namespace {

constexpr std::uint64_t kWaitNs = 1'000'000;

}  // namespace

StagingStream::StagingStream(std::uint32_t alignment_bytes) : alignment_bytes_(alignment_bytes) {
  const std::size_t size = std::size_t{kBufferBytes} * kBufferCount;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) throw_errno("allocate the writer's staging buffers (12 MiB)");
  region_ = MmapRegion(memory, size);
  region_.leave_out_of_dumps();
  for (int buffer = kBufferCount; buffer-- > 0;) free_.push_back(buffer);
}

void StagingStream::start_at(std::uint64_t offset) noexcept {
  CAPSTAN_CHECK(buffer_ < 0 && offset % alignment_bytes_ == 0, offset);
  start_ = offset;
  fill_ = flushed_ = resume_ = 0;
}

// After abandon bytes are dropped here. Nothing that comes behind them may then count as written.
bool StagingStream::drop_abandoned() noexcept {
  if (!queue_->abandoned()) return false;
  queue_->fail(ECANCELED);
  return true;
}

bool StagingStream::take_buffer() noexcept {
  while (free_.empty()) {
    queue_->wait(kWaitNs);
    if (drop_abandoned()) return false;
  }
  buffer_ = free_.back();
  free_.pop_back();
  return true;
}

void StagingStream::append(const void* data, std::size_t size) noexcept {
  const auto* from = static_cast<const std::uint8_t*>(data);
  while (size != 0) {
    if (buffer_ < 0 && !take_buffer()) return;
    const std::size_t part = std::min<std::size_t>(size, kBufferBytes - fill_);
    std::memcpy(current(), from, part);
    from += part;
    size -= part;
    advance(static_cast<std::uint32_t>(part));
  }
}

// The range must be aligned or at the end of all; it is sent as one write.
void StagingStream::submit_range(std::uint32_t from, std::uint32_t to, Mark mark) noexcept {
  // The tail of the last flush may overlap what is sent now: whichever of two writes of the same
  // bytes lands last wins, so the first must have landed. And a buffer must not be given back with
  // a part of it under way.
  while ((flushing_ || queue_->full()) && !queue_->abandoned()) queue_->wait(kWaitNs);
  if (drop_abandoned()) return;
  WriteRequest request;
  request.home = this;
  request.buffer = buffer_ | mark;
  request.data = region_.data() + std::size_t{static_cast<unsigned>(buffer_)} * kBufferBytes + from;
  request.length = to - from;
  request.offset = start_ + from;
  request.packets = packets_;
  request.certain_end = certain_end_;
  packets_ = 0;
  flushing_ = mark != kGiveBack;
  queue_->submit(std::move(request));
}

void StagingStream::submit_full() noexcept {
  submit_range(resume_, kBufferBytes, kGiveBack);
  buffer_ = -1;
  start_ += kBufferBytes;
  fill_ = flushed_ = resume_ = 0;
}

void StagingStream::flush() noexcept {
  if (!dirty()) return;
  const std::uint32_t tail = fill_ % alignment_bytes_;
  if (tail == 0) {
    submit_range(resume_, fill_, kStillFilling);
    flushed_ = resume_ = fill_;
    return;
  }
  const std::uint32_t end = fill_ - tail + alignment_bytes_;
  std::memset(current(), 0, end - fill_);
  const std::uint8_t* const tail_at = current() - tail;
  submit_range(resume_, end, kTailFollows);
  start_ += fill_ - tail;
  fill_ = flushed_ = tail;
  resume_ = 0;
  buffer_ = -1;
  // Should the write be over already and the same buffer come back, it still holds the tail.
  if (take_buffer()) std::memmove(current() - tail, tail_at, tail);
}

void StagingStream::close_run() noexcept {
  if (buffer_ < 0) return;
  if (dirty()) {
    const std::uint32_t end = (fill_ + alignment_bytes_ - 1) & ~(alignment_bytes_ - 1);
    std::memset(current(), 0, end - fill_);
    submit_range(resume_, end, kGiveBack);
  } else {
    while (flushing_ && !queue_->abandoned()) queue_->wait(kWaitNs);
    free_.push_back(buffer_);
  }
  buffer_ = -1;
  start_ += fill_;
  fill_ = flushed_ = resume_ = 0;
}

void StagingStream::buffer_written(int buffer) noexcept {
  const int mark = buffer & ~kBufferMask;
  if (mark != kGiveBack) flushing_ = false;
  if (mark != kStillFilling) free_.push_back(buffer & kBufferMask);
}

}  // namespace capstan
