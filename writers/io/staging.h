// StagingStream: dense records into aligned, registered buffers, and those into the file.
//
// Used by RecordingWriter for the packed layout, for file heads and for the closing ledger.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/mmap_region.h"
#include "writers/io/write_queue.h"

namespace capstan {

// A byte stream from some offset of the file on. Owns its buffers. One thread. Every append may
// wait for the disk when all buffers are on their way to it: that, and the ring behind it, is the
// back-pressure.
class StagingStream final : private BufferHome {
 public:
  static constexpr std::uint32_t kBufferBytes = 1U << 20;
  static constexpr int kBufferCount = 12;

  // `alignment_bytes`: of the file's writes, 1 when it has none.
  explicit StagingStream(std::uint32_t alignment_bytes);
  StagingStream(const StagingStream&) = delete;
  StagingStream& operator=(const StagingStream&) = delete;

  // The memory, to be registered with the backend.
  std::span<std::uint8_t> memory() const noexcept { return {region_.data(), region_.size()}; }
  // Requires before the first append. Not owned.
  void use_queue(WriteQueue* queue) noexcept { queue_ = queue; }

  // The file offset of the next byte.
  std::uint64_t position() const noexcept { return start_ + fill_; }
  // Goes on at `offset`, a multiple of the alignment. Requires: aligned() since the last append.
  void start_at(std::uint64_t offset) noexcept;

  // `size` contiguous bytes at position() to be written at once and then passed with advance();
  // null when the buffer's end is too near: append() then.
  std::uint8_t* contiguous(std::uint32_t size) noexcept {
    if (buffer_ < 0 && !take_buffer()) return nullptr;
    return kBufferBytes - fill_ >= size ? current() : nullptr;
  }
  void advance(std::uint32_t size) noexcept {
    fill_ += size;
    if (fill_ == kBufferBytes) submit_full();
  }
  void append(const void* data, std::size_t size) noexcept;
  // A record ends here: the file may be cut at this position; it holds `packets` packets more.
  void end_record(std::uint32_t packets) noexcept {
    packets_ += packets;
    certain_end_ = position();
  }

  // Sends what is there, also if a buffer is only part full; what is appended later overwrites the
  // padded tail, from a buffer of its own, because bytes on their way to the disk must not change.
  // For an idle moment, so that what was received long ago is on disk.
  void flush() noexcept;
  // Whether anything was appended since the last flush.
  bool dirty() const noexcept { return buffer_ >= 0 && fill_ > flushed_; }
  // Like flush(), and the stream is at its end or will go on elsewhere with start_at(). Requires
  // for the latter: position() is a multiple of the alignment.
  void close_run() noexcept;

  // Packets appended and never submitted, which happens only after abandon.
  std::uint32_t unsent_packets() const noexcept { return packets_; }
  std::uint32_t take_unsent_packets() noexcept { return std::exchange(packets_, 0U); }

 private:
  // What becomes of the buffer when the write is over, in the upper bits of a request's buffer.
  enum Mark : int {
    kGiveBack = 0,
    kTailFollows = 1 << 16,   // given back; its last unit is written again after it
    kStillFilling = 2 << 16,  // only a part of it was sent
    kBufferMask = 0xFFFF,
  };

  void buffer_written(int buffer) noexcept override;
  bool drop_abandoned() noexcept;
  bool take_buffer() noexcept;
  void submit_full() noexcept;
  void submit_range(std::uint32_t from, std::uint32_t to, Mark mark) noexcept;
  std::uint8_t* current() const noexcept {
    return region_.data() + std::size_t{static_cast<unsigned>(buffer_)} * kBufferBytes + fill_;
  }

  MmapRegion region_;
  std::uint32_t alignment_bytes_;
  WriteQueue* queue_ = nullptr;
  std::vector<int> free_;
  int buffer_ = -1;            // the one being filled, or -1
  std::uint64_t start_ = 0;    // file offset of its first byte
  std::uint32_t fill_ = 0;     // bytes in it
  std::uint32_t flushed_ = 0;  // of them, already submitted
  std::uint32_t resume_ =
      0;                   // where the next submission starts: flushed_ rounded down to alignment
  bool flushing_ = false;  // a flush is under way: of this buffer, or of bytes sent again with it
  std::uint32_t packets_ = 0;  // ended since the last submission
  std::uint64_t certain_end_ = 0;
};

}  // namespace capstan
