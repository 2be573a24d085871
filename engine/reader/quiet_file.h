// QuietFile and QuietStream: read a file next to a running recorder without disturbing it. What is
// read leaves nothing in the page cache, and a file that is being written is read without the
// cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"
#include "engine/reader/byte_stream.h"

namespace capstan {

// One open regular file. One thread.
class QuietFile {
 public:
  enum class Manner : std::uint8_t {
    // Uses the page cache where it already holds the file; other pages are dropped as soon as they
    // have been read: RWF_DONTCACHE (Linux 6.14), on older kernels POSIX_FADV_DONTNEED after each
    // read.
    kUncached,
    // O_DIRECT, for a file that a recorder writes with O_DIRECT: its pages in the cache would make
    // the kernel refuse or buffer the recorder's writes (kiocb_invalidate_pages, mm/filemap.c).
    // Where the file system does not support O_DIRECT: like kUncached.
    kDirect,
  };

  // Takes ownership of `fd`, which must be open for reading.
  QuietFile(UniqueFd fd, Manner manner) noexcept;

  // Reads up to `size` bytes at `offset` into `to`. Returns 0 at the end of the file or on a
  // failure, which error() describes.
  std::size_t read_at(std::uint64_t offset, std::uint8_t* to, std::size_t size);

  const std::string& error() const noexcept { return error_; }
  // Bytes that read_at() took from the file, including the extra bytes that direct reads need.
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  std::size_t read_uncached(std::uint64_t offset, std::uint8_t* to, std::size_t size);
  std::size_t read_direct(std::uint64_t offset, std::uint8_t* to, std::size_t size);
  bool fill_bounce(std::uint64_t offset);

  UniqueFd fd_;
  bool direct_ = false;
  bool has_dontcache_ = true;
  std::string error_;
  std::uint64_t bytes_read_ = 0;
  MmapRegion bounce_;  // direct reads: aligned file bytes, bounce_used_ from bounce_start_ on
  std::uint64_t bounce_start_ = 0;
  std::size_t bounce_used_ = 0;
};

// A range of bytes in a file.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Some ranges of a file, one after another, as if there were nothing between them: selected blocks
// of a recording form a recording too.
class QuietStream final : public ByteStream {
 public:
  // The whole file.
  explicit QuietStream(QuietFile file) : QuietStream(std::move(file), {{0, ~std::uint64_t{0}}}) {}
  // `ranges`: ascending, not overlapping.
  QuietStream(QuietFile file, std::vector<ByteRange> ranges)
      : file_(std::move(file)), ranges_(std::move(ranges)) {}

  std::size_t read(std::uint8_t* to, std::size_t size) override;
  const std::string& error() const noexcept override { return file_.error(); }

 private:
  QuietFile file_;
  std::vector<ByteRange> ranges_;
  std::size_t range_ = 0;
  std::uint64_t in_range_ = 0;  // bytes of the present range already read
};

// The file offset of byte `offset` of a QuietStream with these ranges.
std::uint64_t offset_in_file(const std::vector<ByteRange>& ranges, std::uint64_t offset) noexcept;

}  // namespace capstan
