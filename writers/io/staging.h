// StagingStream: collects records in aligned, registered buffers and writes these to the file.
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

// A byte stream that starts at some offset of the file. Owns its buffers. One thread. Every append
// may wait for the disk when all buffers are being written: the ring fills meanwhile, and this is
// the back-pressure.
class StagingStream final : private BufferHome {
 public:
  static constexpr std::uint32_t kBufferBytes = 1U << 20;
  static constexpr int kBufferCount = 12;

  // `alignment_bytes`: alignment of writes to the file; 1 when there is none.
  explicit StagingStream(std::uint32_t alignment_bytes);
  StagingStream(const StagingStream&) = delete;
  StagingStream& operator=(const StagingStream&) = delete;

  // The memory of the buffers, to be registered with the backend.
  std::span<std::uint8_t> memory() const noexcept { return {region_.data(), region_.size()}; }
  // Required before the first append. The queue is borrowed.
  void use_queue(WriteQueue* queue) noexcept { queue_ = queue; }

  // The file offset of the next byte.
  std::uint64_t position() const noexcept { return start_ + fill_; }
  // Goes on at `offset`, a multiple of the alignment. Requires: close_run() since the last append.
  void start_at(std::uint64_t offset) noexcept;

  // Returns `size` contiguous bytes at position(), to be filled at once and then passed over with
  // advance(). Null when they do not fit into the buffer any more: use append() then.
  std::uint8_t* contiguous(std::uint32_t size) noexcept {
    if (buffer_ < 0 && !take_buffer()) return nullptr;
    return kBufferBytes - fill_ >= size ? current() : nullptr;
  }
  void advance(std::uint32_t size) noexcept {
    fill_ += size;
    if (fill_ == kBufferBytes) submit_full();
  }
  void append(const void* data, std::size_t size) noexcept;
  // Notes that a record ends here, with `packets` more packets: the file may be cut at this
  // position.
  void end_record(std::uint32_t packets) noexcept {
    packets_ += packets;
    certain_end_ = position();
  }

  // Submits everything appended so far, even if the buffer is only partly full, padded to the
  // alignment. What is appended later overwrites the padding, from another buffer, because bytes
  // that are being written must not change. For idle moments, so that packets do not wait long for
  // the disk.
  void flush() noexcept;
  // Whether anything was appended since the last flush.
  bool dirty() const noexcept { return buffer_ >= 0 && fill_ > flushed_; }
  // Like flush(), and ends the run: the stream is finished or goes on elsewhere with start_at(),
  // which requires that position() is a multiple of the alignment.
  void close_run() noexcept;

  // Packets appended but never submitted; not 0 at the end only after abandon.
  std::uint32_t unsent_packets() const noexcept { return packets_; }
  std::uint32_t take_unsent_packets() noexcept { return std::exchange(packets_, 0U); }

 private:
  // What to do with the buffer when the write is over; in the upper bits of a request's buffer
  // number.
  enum Mark : int {
    kGiveBack = 0,            // the buffer is free again
    kTailFollows = 1 << 16,   // free again; its last unit is written again after it
    kStillFilling = 2 << 16,  // only a part of the buffer was submitted
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
  int buffer_ = -1;            // number of the buffer being filled, or -1
  std::uint64_t start_ = 0;    // file offset of its first byte
  std::uint32_t fill_ = 0;     // bytes in it
  std::uint32_t flushed_ = 0;  // of these bytes, already submitted
  std::uint32_t resume_ =
      0;                   // where the next submission starts: flushed_ rounded down to alignment
  bool flushing_ = false;  // a flush of this buffer, or of bytes sent again with it, is under way
  std::uint32_t packets_ = 0;  // ended since the last submission
  std::uint64_t certain_end_ = 0;
};

}  // namespace capstan
